package io.heddle.preflight;

import io.heddle.AfterFunc;
import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The time that a check has worked, and its limit. The clock stops while the check waits for a
 * permit that another check holds, and so do the clocks of all checks that contain it: the load of
 * this machine must not change a verdict.
 */
final class WorkTime implements AutoCloseable {
  private final @Nullable WorkTime whole;
  private final CancelContext context;
  private final long limit;
  private final AfterFunc.@Nullable Timed end;

  // guarded by this
  private long worked;
  private long started = Go.nanoTime();
  private int waiting;

  private WorkTime(@Nullable WorkTime whole, CancelContext context, @Nullable Duration limit) {
    this.whole = whole;
    this.context = context;
    this.limit = limit == null ? Long.MAX_VALUE : limit.toNanos();
    this.end = limit == null ? null : Go.afterFunc(limit, context::cancel);
  }

  /** Time without a limit; need not be closed. */
  static WorkTime unlimited() {
    return new WorkTime(null, Context.background().withCancel(), null);
  }

  /**
   * Begins now.
   *
   * @param above ends this time, too
   */
  static WorkTime limited(Context above, Duration limit) {
    return new WorkTime(null, above.withCancel(), limit);
  }

  /** Time for a part of the work; begins now. */
  WorkTime part(Context above, Duration limit) {
    return new WorkTime(this, above.withCancel(), limit);
  }

  /** Done when the time is over. */
  Context context() {
    return context;
  }

  /** The end of a limit that begins now, by this clock. */
  long deadline(Duration limit) {
    return worked() + limit.toNanos();
  }

  /** The time until a deadline of this clock, at least zero. */
  Duration until(long deadline) {
    return Duration.ofNanos(Math.max(0, deadline - worked()));
  }

  private synchronized long worked() {
    return waiting > 0 ? worked : worked + Go.nanoTime() - started;
  }

  /** An operation that waits for a permit. */
  interface Wait<T> {
    T await() throws InterruptedException;
  }

  /** Waits for a permit while the clock stands still. */
  <T> T standingStill(Wait<T> wait) throws InterruptedException {
    for (WorkTime time = this; time != null; time = time.whole) {
      time.stop();
    }
    try {
      return wait.await();
    } finally {
      for (WorkTime time = this; time != null; time = time.whole) {
        time.goOn();
      }
    }
  }

  private synchronized void stop() {
    worked = worked();
    waiting++;
    if (end != null) {
      end.stop();
    }
  }

  private synchronized void goOn() {
    waiting--;
    if (waiting == 0) {
      started = Go.nanoTime();
      if (end != null && !context.isDone()) {
        end.reset(Duration.ofNanos(limit - worked));
      }
    }
  }

  @Override
  public void close() {
    context.close();
    if (end != null) {
      end.stop();
    }
  }
}
