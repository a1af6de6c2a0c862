package io.heddle.preflight;

import io.heddle.AfterFunc;
import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a check works, and how long it may. The clock stands still while the check waits for a
 * place that other checks have, and so do the clocks of all that it is a part of: how busy we are
 * is not the fault of who is checked.
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

  /** Time without an end; nothing to close. */
  static WorkTime unlimited() {
    return new WorkTime(null, Context.background().withCancel(), null);
  }

  /**
   * Begins now.
   *
   * @param above ends it, too
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

  /** When a limit that begins now ends, by this clock. */
  long deadline(Duration limit) {
    return worked() + limit.toNanos();
  }

  /** What is left until a deadline of this clock; not less than nothing. */
  Duration until(long deadline) {
    return Duration.ofNanos(Math.max(0, deadline - worked()));
  }

  private synchronized long worked() {
    return waiting > 0 ? worked : worked + Go.nanoTime() - started;
  }

  /** What waits for a place. */
  interface Wait<T> {
    T await() throws InterruptedException;
  }

  /** Waits for a place. */
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
