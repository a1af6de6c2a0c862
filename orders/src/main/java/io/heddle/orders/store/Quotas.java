package io.heddle.orders.store;

import io.heddle.queue.Quota;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How much of the service a customer may use.
 *
 * @param orders how many orders an hour; 0 for any number
 * @param open how many that are neither issued nor dead; 0 for any number
 * @param replays how many replays an hour: each is a new order at the CA; 0 for any number
 */
public record Quotas(int orders, int open, int replays) {
  /** No limits. */
  public static final Quotas NONE = new Quotas(0, 0, 0);

  /** The stages of the receipts: what is due in them counts no more. */
  public static final List<String> RECEIPTS = List.of("order-receipt", "replay-receipt");

  private static final Duration HOUR = Duration.ofHours(1);

  List<Quota> ofSubmission() {
    return quotas(orders, RECEIPTS.getFirst());
  }

  /** A replayed order is open again. */
  List<Quota> ofReplay() {
    return quotas(replays, RECEIPTS.getLast());
  }

  private List<Quota> quotas(int anHour, String receipts) {
    List<Quota> quotas = new ArrayList<>();
    if (open > 0) {
      quotas.add(new Quota.Count(Ownership.OPEN, open));
    }
    if (anHour > 0) {
      quotas.add(new Quota.Rate(receipts, anHour, HOUR));
    }
    return quotas;
  }
}
