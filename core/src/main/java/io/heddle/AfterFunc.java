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
  private final Program program = Program.current();
  private final Task task;
  private final Creator creator;
  private final Alarm alarm =
      new Alarm() {
        @Override
        void goOff() {
          program.startLate(Context.background(), task, creator);
        }
      };

  AfterFunc(Duration delay, Task task) {
    this.task = Objects.requireNonNull(task, "task");
    this.creator = Creator.of(task);
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
    return program.clock().stop(alarm);
  }

  /**
   * Has the task run after some time from now, whether it was waiting to, was stopped, or has run.
   *
   * @param delay the time until the task runs; zero or less is at once
   * @return true if it was waiting to run, false if it had been started or stopped
   */
  public boolean reset(Duration delay) {
    Headroom.forTaking();
    Clock clock = program.clock();
    return clock.start(alarm, clock.deadline(delay));
  }
}
