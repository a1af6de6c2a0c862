package io.heddle.orders.pipeline;

import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How to ask the CA whether it has finished. The worker asks a few times, because the CA usually
 * needs seconds; after that the order waits in the queue, twice as long each time. A CA that does
 * not finish is not asked forever: when the CA's order expires, or after a number of waits, the
 * order returns to the first stage.
 *
 * @param rounds how often the worker asks
 * @param first the first pause, if the CA does not say; it doubles each time
 * @param longest the longest pause of a worker, whatever the CA says
 * @param rest the order's first wait in the queue, if the CA does not say
 * @param longestRest the limit of these waits
 * @param patience the highest number of consecutive waits in the queue
 */
record Polling(
    int rounds,
    Duration first,
    Duration longest,
    Duration rest,
    Duration longestRest,
    int patience) {
  /** Asks for about 16 hours. */
  static final Polling STANDARD =
      new Polling(
          5,
          Duration.ofMillis(250),
          Duration.ofSeconds(3),
          Duration.ofSeconds(15),
          Duration.ofMinutes(30),
          40);

  /** The time until the worker asks again. */
  Duration pause(int round, @Nullable Duration askAgain) {
    Duration pause = askAgain == null ? first.multipliedBy(1L << round) : askAgain;
    if (pause.compareTo(first) < 0) {
      return first; // the CA's time is over already, or almost
    }
    return pause.compareTo(longest) < 0 ? pause : longest;
  }

  /** Whether the CA shows that a request is in progress or fulfilled. */
  interface Question {
    boolean ask() throws CaException, InterruptedException;
  }

  /**
   * Ignores a failure if the CA shows that the request is in progress or fulfilled. Another worker
   * may have made the same request, before its lease ended or a moment ago, and then the CA rejects
   * the second one; or the CA received the request, and its answer was lost.
   *
   * @param isDone queries the state at the CA
   * @throws CaException the failure, if the CA does not show that
   */
  void unless(Question isDone, CaException failure) throws CaException, InterruptedException {
    int looks =
        switch (failure.kind()) {
          case RATE_LIMITED, ACCOUNT -> 0; // the CA wants no more requests
          case TRANSIENT -> 1;
          case REFUSED, GONE -> rounds; // the state it shows may be older than its refusal
        };
    for (int round = 0; round < looks; round++) {
      if (round > 0) {
        Go.sleep(pause(round - 1, null));
      }
      if (isDone.ask()) {
        return;
      }
    }
    throw failure;
  }

  /** Puts the order back into the queue to wait, because the CA has not finished. */
  Step later(Order order, @Nullable Duration askAgain, Retries retries, Instant now) {
    int looks = order.problem() == null ? order.waits() : 0;
    Instant expires = Retries.expiry(order);
    boolean isOver = expires != null && !now.isBefore(expires);
    if (isOver || looks >= patience) {
      String since =
          isOver ? "until the order expired, at " + expires : "after " + patience + " polls";
      return retries.again(
          order,
          Problem.of("stuck", "The CA does not finish", "it had not finished " + since),
          now);
    }
    Duration own = rest(looks);
    Duration wish = askAgain == null ? own : askAgain;
    return Step.later(order.waited(null), wish.compareTo(own) > 0 ? wish : own);
  }

  /** The wait in the queue after a number of consecutive waits. */
  Duration rest(int looks) {
    Duration own = rest.multipliedBy(1L << Math.min(looks, 20));
    return own.compareTo(longestRest) < 0 ? own : longestRest;
  }
}
