package io.heddle.orders.store;

import io.heddle.queue.Quota;
import java.time.Duration;

/** Signals that a customer has used up a quota; the message names the quota. */
public final class QuotaException extends Exception {
  private static final long serialVersionUID = 1;

  /** The time to wait for an order to end, which can happen at any time. */
  private static final Duration LOOK = Duration.ofMinutes(1);

  private final Duration retryAfter;

  QuotaException(Quota.Exceeded exceeded) {
    super(
        switch (exceeded.quota()) {
          case Quota.Count(_, int limit) ->
              limit + " orders are open, and no more are allowed: wait until one is issued or dead";
          case Quota.Rate(String receipts, int limit, _) ->
              limit
                  + (receipts.equals(Quotas.RECEIPTS.getFirst())
                      ? " orders"
                      : " replays, retries, validations and revocations")
                  + " in the last hour, and no more are allowed";
        });
    Duration wait = exceeded.delay();
    this.retryAfter = wait == null ? LOOK : wait;
  }

  /** The time after which a retry makes sense. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
