package io.heddle.orders.pipeline;

import io.heddle.orders.Order;
import io.heddle.orders.Problem;
import io.heddle.queue.Backoff;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When to retry an order after a failed attempt, from the data of that order alone; the last
 * attempt is before the CA discards its order.
 *
 * @param backoff the wait after each attempt, and the number of attempts
 * @param margin how long before its expiry at the CA an order is tried for the last time: long
 *     enough to be checked, validated and finalized
 */
record Retries(Backoff backoff, Duration margin) {
  /** Counts a failed attempt: the order is retried later, or given up. */
  Step retry(Order order, Problem reason, Instant now) {
    return retry(order, reason, now, order.attempts() + 1);
  }

  /** The same for a problem that a person must solve, so there is no hurry. */
  Step retrySlowly(Order order, Problem reason, Instant now) {
    return retry(order, reason, now, Math.max(order.attempts() + 1, backoff.steps() - 1));
  }

  /** The same, from the first stage, because the CA's order has become useless. */
  Step again(Order order, Problem reason, Instant now) {
    Order tried = order.attempted();
    Duration wait =
        tried.attempts() < backoff.limit() ? backoff.next(tried.attempts(), null) : null;
    return wait == null ? givenUp(tried, reason) : Step.later(tried.again(reason), wait);
  }

  /** Waits without counting an attempt, because the reason may disappear soon. */
  Step soon(Order order, Problem reason) {
    Duration wait = backoff.next(1, null);
    return Step.later(order.held(reason), wait == null ? backoff.base() : wait);
  }

  private Step retry(Order order, Problem reason, Instant now, int asAttempt) {
    Order tried = order.attempted();
    if (tried.attempts() >= backoff.limit()) {
      return givenUp(tried, reason);
    }
    Duration wait = backoff.next(Math.min(asAttempt, backoff.limit() - 1), left(order, now));
    return wait != null
        ? Step.later(tried.held(reason), wait)
        : Step.to(
            tried.dead(
                Problem.of(
                    "expired",
                    "The order expires at the CA",
                    "no time for another attempt before the CA discards the order at "
                        + expiry(order)
                        + "; the last: "
                        + reason)));
  }

  private static Step givenUp(Order tried, Problem reason) {
    return Step.to(
        tried.dead(
            new Problem(
                reason.type(),
                reason.title(),
                reason.status(),
                "given up after " + tried.attempts() + " attempts; the last: " + reason)));
  }

  /** The time within which another attempt makes sense, null for no limit. */
  private @Nullable Duration left(Order order, Instant now) {
    Instant expires = expiry(order);
    return expires == null ? null : Duration.between(now, expires.minus(margin));
  }

  static @Nullable Instant expiry(Order order) {
    Order.Placement placement = order.placement();
    return placement == null ? null : placement.expires();
  }
}
