package io.heddle;

import io.heddle.scheduler.Recorder;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where all time in Heddle comes from: readings, sleeps that end, alarms that go off. A program has
 * one; replacing it replaces time for everything that runs in the program.
 *
 * <p>Points in time are nanoseconds since some origin in the past of the clock, so they compare
 * with {@code <}, and {@link #NEVER} is later than all of them.
 */
abstract class Clock {
  /** The deadline that does not come. */
  static final long NEVER = Long.MAX_VALUE;

  /** The reading of the monotonic clock, at least 0. */
  abstract long nanoTime();

  /** The reading of the wall clock. */
  abstract Instant now();

  /**
   * Parks the calling thread, which is the waiter's, until it is unparked, interrupted, or the
   * deadline passes. May return early.
   */
  abstract void park(Waiter waiter, long deadline);

  /** Lets a waiter run that was claimed: the counterpart of {@link #park}. Called by the waker. */
  void unpark(Waiter waiter) {
    if (Recorder.isOn()) {
      Recorder.record(Recorder.WAKE, Routine.keyOfCaller(), waiter.key());
    }
    Turns.unpark(waiter.sleeper());
  }

  /** Interrupts a goroutine. */
  void interrupt(Routine routine) {
    routine.interruptThread();
  }

  /** A new goroutine's part in the bubble whose clock this is; null outside a bubble. */
  @Nullable Member admit(Routine routine) {
    return null;
  }

  /** Waits for the end of a program, on the thread that runs it. */
  void awaitEnd(Signal over) throws InterruptedException {
    over.receive();
  }

  /** Called when the main goroutine of a program has ended. */
  void mainEnded(Program program) {
    program.end();
  }

  /** Has the alarm go off at the deadline; true if it was set, to whatever deadline, before. */
  abstract boolean start(Alarm alarm, long deadline);

  /** Takes an alarm back; false if it has gone off, or was not set. */
  abstract boolean stop(Alarm alarm);

  /** Whether no alarm is set or going off; false if that is not known. */
  boolean isQuiet() {
    return false;
  }

  /** The deadline that is this far away: now for zero and less, never if it is out of range. */
  final long deadline(Duration timeout) {
    return deadline(nanos(timeout));
  }

  final long deadline(long nanos) {
    return later(nanoTime(), nanos);
  }

  /** The point in time so long after another: the same for zero and less. */
  static long later(long now, long nanos) {
    long later = now + Math.max(nanos, 0);
    return later < 0 ? NEVER : later;
  }

  /**
   * The wall clock's reading at a point in time. If the thread is held up between the readings of
   * the two clocks, the result is too late, never too early: no timer yields a time before it was
   * due.
   *
   * @param now what {@link #nanoTime} has just returned
   */
  final Instant instant(long now, long time) {
    return now().plusNanos(time - now);
  }

  /** A duration in nanoseconds, as many as there are if it has more (292 years). */
  static long nanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      return duration.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }
}
