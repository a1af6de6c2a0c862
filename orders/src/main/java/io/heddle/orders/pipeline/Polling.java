package io.heddle.orders.pipeline;

import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How the CA is asked whether it is done. A few times while the worker waits, as it mostly takes
 * seconds; after that the order waits in the queue, twice as long each time. A CA that never gets
 * done is not asked for ever: at the end of its order, or of our patience, ours goes back to the
 * start.
 *
 * @param rounds how often the worker asks
 * @param first the first pause, if the CA does not say; it doubles each time
 * @param longest the longest pause that a worker waits, whatever the CA says
 * @param rest how long the order waits in the queue the first time, if the CA does not say
 * @param longestRest what that grows to
 * @param patience how often in a row the order waits in the queue
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
      return first; // what the CA said is over already, or as good as
    }
    return pause.compareTo(longest) < 0 ? pause : longest;
  }

  /** Whether the CA shows that something which it was asked for is under way or done. */
  interface Question {
    boolean ask() throws CaException, InterruptedException;
  }

  /**
   * Passes over a failure if the CA shows that what it was asked for is under way or done. Another
   * worker may have asked for the same, before its lease ended or a moment ago, and then the CA
   * refuses the second request; or the CA has heard the request, and its answer got lost.
   *
   * @param isDone asks the CA for what it shows
   * @throws CaException the failure, if the CA shows nothing of the kind
   */
  void unless(Question isDone, CaException failure) throws CaException, InterruptedException {
    int looks =
        switch (failure.kind()) {
          case RATE_LIMITED, ACCOUNT -> 0; // it wants to hear nothing more
          case TRANSIENT -> 1;
          case REFUSED, GONE -> rounds; // what it shows may be older than what it refuses by
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

  /** Has the order wait in the queue, as the CA is not done with it. */
  Step later(Order order, @Nullable Duration askAgain, Retries retries, Instant now) {
    int looks = order.problem() == null ? order.waits() : 0;
    Instant expires = Retries.expiry(order);
    boolean isOver = expires != null && !now.isBefore(expires);
    if (isOver || looks >= patience) {
      String since =
          isOver ? "until the order expired, at " + expires : "for " + patience + " looks";
      return retries.again(
          order, Problem.of("stuck", "The CA does not get done", "it was not done " + since), now);
    }
    Duration own = rest(looks);
    Duration wish = askAgain == null ? own : askAgain;
    return Step.later(order.waited(null), wish.compareTo(own) > 0 ? wish : own);
  }

  /** How long an order waits in the queue that has waited so often in a row. */
  Duration rest(int looks) {
    Duration own = rest.multipliedBy(1L << Math.min(looks, 20));
    return own.compareTo(longestRest) < 0 ? own : longestRest;
  }
}
