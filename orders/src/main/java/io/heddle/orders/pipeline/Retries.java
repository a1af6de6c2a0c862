package io.heddle.orders.pipeline;

import io.heddle.orders.Order;
import io.heddle.orders.Problem;
import io.heddle.queue.Backoff;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When an order that came to nothing is tried again, by what is known of that order alone; the last
 * time is before the CA forgets it.
 *
 * @param backoff the time after each attempt, and how many there are
 * @param margin how long before its expiry at the CA an order is tried for the last time: long
 *     enough to be checked, validated and finalized
 */
record Retries(Backoff backoff, Duration margin) {
  /** Counts an attempt that came to nothing: the order is tried again later, or given up. */
  Step retry(Order order, Problem reason, Instant now) {
    return retry(order, reason, now, order.attempts() + 1);
  }

  /** The same for a reason that somebody has to do something about: there is no hurry. */
  Step retrySlowly(Order order, Problem reason, Instant now) {
    return retry(order, reason, now, Math.max(order.attempts() + 1, backoff.steps() - 1));
  }

  /** The same, back at the start, because the CA's order is of no use any more. */
  Step again(Order order, Problem reason, Instant now) {
    Order tried = order.attempted();
    Duration wait =
        tried.attempts() < backoff.limit() ? backoff.next(tried.attempts(), null) : null;
    return wait == null ? givenUp(tried, reason) : Step.later(tried.again(reason), wait);
  }

  /** Waits for something that is no fault of anybody's, and may be over soon. */
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
                    "no time for another attempt before the CA forgets the order at "
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

  /** The time in which another attempt makes sense, null if there is no end to it. */
  private @Nullable Duration left(Order order, Instant now) {
    Instant expires = expiry(order);
    return expires == null ? null : Duration.between(now, expires.minus(margin));
  }

  static @Nullable Instant expiry(Order order) {
    Order.Placement placement = order.placement();
    return placement == null ? null : placement.expires();
  }
}
