package io.heddle;

import io.heddle.scheduler.Headroom;
import java.time.Duration;
import java.util.Objects;

/**
 * A task that runs in a goroutine of its own after some time: what {@link Go#afterFunc} makes, and
 * Go's {@code time.AfterFunc}. Tasks whose time comes after the end of their {@linkplain Go#run
 * program} do not run. What a task throws is a failure like that of any goroutine.
 *
 * <p>What happens before the call that starts or resets it happens before the task runs.
 */
public final class AfterFunc {
  private final Deferred goroutine;
  private final Alarm alarm =
      new Alarm() {
        @Override
        void goOff() {
          goroutine.start();
        }
      };

  AfterFunc(Duration delay, Task task) {
    this.goroutine = new Deferred(Context.background(), Objects.requireNonNull(task, "task"));
    reset(delay);
  }

  /**
   * Keeps the task from running.
   *
   * @return true if this call did; false if the task was started, or stopped before. It does not
   *     wait for a task that runs.
   */
  public boolean stop() {
    Headroom.forGiving();
    return goroutine.program().clock().stop(alarm);
  }

  /**
   * Has the task run after some time from now, whether it was waiting to, was stopped, or has run.
   *
   * @param delay the time until the task runs; zero or less is at once
   * @return true if it was waiting to run, false if it had been started or stopped
   */
  public boolean reset(Duration delay) {
    Headroom.forTaking();
    Clock clock = goroutine.program().clock();
    return clock.start(alarm, clock.deadline(delay));
  }
}
