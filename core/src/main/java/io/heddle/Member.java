package io.heddle;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A goroutine's part in a bubble. As an alarm, it is the end of a wait with a deadline. */
final class Member extends Alarm {
  final BubbleClock bubble;
  final Routine routine;

  /** Counts the bubble's goroutines, which may be of several programs, from 1. */
  final int number;

  /** Whether it is durably blocked. Guarded by the bubble. */
  volatile boolean parked;

  /**
   * Whether it is interrupted although its thread's status is clear, because it waits for its turn
   * or for a lock.
   */
  volatile boolean interrupted;

  /** Whether it may run. Used where one goroutine runs at a time. */
  volatile boolean turn;

  /** What it waits for beside its own node. Its own. */
  @Nullable Select select;

  @Nullable Waitable done;

  Member(BubbleClock bubble, Routine routine, int number) {
    this.bubble = bubble;
    this.routine = routine;
    this.number = number;
  }

  /** Its goroutine's thread: in a bubble each has its own. */
  Thread thread() {
    return Objects.requireNonNull(routine.ownThread());
  }

  /** Called before its thread is started, by the goroutine that starts it. */
  void start() {
    bubble.add(this);
  }

  /** Called first of all, on its thread. */
  void begin() {
    bubble.begin(this);
  }

  /** Called last of all, on its thread. */
  void end() {
    bubble.remove(this);
  }

  @Override
  void goOff() {
    bubble.resume(this);
  }

  /** Whether all that it waits for can only come from the bubble's goroutines or its clock. */
  boolean waitsWithin() {
    Waitable on = routine.on();
    return (on == null || bubble.contains(on))
        && (done == null || bubble.contains(done))
        && (select == null || select.isWithin(bubble));
  }
}
