package io.heddle.purge.workers;

import io.heddle.Go;
import java.time.Duration;
import java.time.Instant;

/**
 * A moment of this process, by two clocks. One of them stands still while the machine is suspended;
 * the other one can be set.
 *
 * @param nanos of {@link Go#nanoTime}
 * @param time of {@link Go#now}
 */
record Moment(long nanos, Instant time) {
  static Moment now() {
    return new Moment(Go.nanoTime(), Go.now());
  }

  /** Whether a time has passed since this moment by at least one of the clocks. */
  boolean isOver(Duration lease, Moment now) {
    return now.nanos - nanos >= lease.toNanos()
        || Duration.between(time, now.time).compareTo(lease) >= 0;
  }
}
