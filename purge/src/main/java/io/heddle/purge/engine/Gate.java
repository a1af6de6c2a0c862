package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.Go;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets nobody through for a while. When a store says to one worker that it is asked too much, that
 * goes for all of them.
 */
final class Gate {
  private final AtomicLong closedUntil = new AtomicLong();

  void close(Duration time) {
    closedUntil.accumulateAndGet(Go.nanoTime() + time.toNanos(), Math::max);
  }

  /** Waits until the gate is open; it may have been closed anew when this returns. */
  void pass(Context context) throws InterruptedException {
    for (long left = left(); left > 0; left = left()) {
      Go.sleep(Duration.ofNanos(left), context);
    }
  }

  Duration closedFor() {
    return Duration.ofNanos(Math.max(0, left()));
  }

  private long left() {
    return closedUntil.get() - Go.nanoTime();
  }
}
