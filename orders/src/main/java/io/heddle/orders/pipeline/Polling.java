package io.heddle.orders.pipeline;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How the CA is asked whether it is done. A few times while the worker waits, as it mostly takes
 * seconds; after that the order waits in the queue.
 *
 * @param rounds how often the worker asks
 * @param first the first pause, if the CA does not say; it doubles each time
 * @param longest the longest pause that a worker waits, whatever the CA says
 * @param rest how long the order waits in the queue, if the CA does not say
 */
record Polling(int rounds, Duration first, Duration longest, Duration rest) {
  static final Polling STANDARD =
      new Polling(5, Duration.ofMillis(250), Duration.ofSeconds(3), Duration.ofSeconds(15));

  /** The time until the worker asks again. */
  Duration pause(int round, @Nullable Instant askAgain, Instant now) {
    Duration pause =
        askAgain == null ? first.multipliedBy(1L << round) : Duration.between(now, askAgain);
    if (pause.compareTo(first) < 0) {
      return first; // what the CA said is in the past: its clock differs
    }
    return pause.compareTo(longest) < 0 ? pause : longest;
  }

  /** When to take the order from the queue again. */
  Instant later(@Nullable Instant askAgain, Instant now) {
    Instant own = now.plus(rest);
    return askAgain == null || askAgain.isBefore(own) ? own : askAgain;
  }
}
