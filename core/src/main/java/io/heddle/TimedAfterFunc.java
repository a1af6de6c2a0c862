package io.heddle;

import io.heddle.scheduler.Headroom;
import java.time.Duration;
import java.util.Objects;

/** Starts a goroutine when its alarm goes off. */
final class TimedAfterFunc implements AfterFunc.Timed {
  private final Deferred goroutine;
  private final Alarm alarm =
      new Alarm() {
        @Override
        void goOff() {
          goroutine.start();
        }

        @Override
        String what() {
          return "AfterFunc";
        }
      };

  TimedAfterFunc(Duration delay, Task task) {
    this.goroutine = new Deferred(Context.background(), Objects.requireNonNull(task, "task"));
    reset(delay);
  }

  @Override
  public boolean stop() {
    Headroom.forGiving();
    return goroutine.program().clock().stop(alarm);
  }

  @Override
  public boolean reset(Duration delay) {
    Headroom.forTaking();
    Clock clock = goroutine.program().clock();
    return clock.start(alarm, clock.deadline(delay));
  }
}
