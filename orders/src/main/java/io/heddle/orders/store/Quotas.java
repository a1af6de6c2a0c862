package io.heddle.orders.store;

import io.heddle.queue.Quota;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The quotas of a customer. 0 stands for no limit.
 *
 * @param orders the number of orders per hour
 * @param open the number of orders that are neither issued nor dead
 * @param replays the number of replays per hour, each of which places a new order at the CA, and of
 *     other requests that make the service ask the CA, or check, out of turn
 */
public record Quotas(int orders, int open, int replays) {
  /** No limits. */
  public static final Quotas NONE = new Quotas(0, 0, 0);

  /** The stages of the receipts. A receipt that is due no longer counts. */
  public static final List<String> RECEIPTS = List.of("order-receipt", "replay-receipt");

  private static final Duration HOUR = Duration.ofHours(1);

  List<Quota> ofSubmission() {
    return quotas(orders, RECEIPTS.getFirst());
  }

  /** A replayed order is open again. */
  List<Quota> ofReplay() {
    return quotas(replays, RECEIPTS.getLast());
  }

  /** For a retry, a validation without a check, or a revocation. */
  List<Quota.Rate> ofIntervention() {
    return replays > 0 ? List.of(new Quota.Rate(RECEIPTS.getLast(), replays, HOUR)) : List.of();
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
