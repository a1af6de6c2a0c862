package io.heddle;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A channel that yields the time when its time has come: what timers and tickers are made of.
 *
 * <p>It has no thread and no alarm, only a deadline. The source is ready once the clock has passed
 * the deadline, and a goroutine that waits for it parks until then. A new deadline makes waiting
 * goroutines check again. So a timer costs nothing while no goroutine waits for it, and cannot hold
 * a stale value: Go 1.23's rules.
 */
abstract sealed class TimerSource extends Source<Instant> permits Timer, Ticker {
  private final Clock clock;

  /** The next time to yield, {@link Clock#NEVER} when stopped. Guarded. */
  private long deadline;

  /** The time between two yields, 0 to yield once. Guarded. */
  private long period;

  /** Made for a wait by another clock. Guarded. */
  private @Nullable Alarm alarm;

  TimerSource(Clock clock, long delay, long period) {
    this.clock = clock;
    this.deadline = due(delay);
    this.period = period;
  }

  /** Starts anew, whatever the state; whether there was a time to yield that was not received. */
  final boolean restart(long delay, long period) {
    return rearm(due(delay), period);
  }

  /** Stops; whether there was a time to yield that was not received. */
  final boolean disarm() {
    return rearm(Clock.NEVER, 0);
  }

  /** A deadline out of the clock's range does not come either, but can still be stopped. */
  private long due(long delay) {
    return Math.min(clock.deadline(delay), Clock.NEVER - 1);
  }

  private boolean rearm(long next, long every) {
    touchToGive();
    Wakeups wakeups = new Wakeups();
    enter();
    boolean active = deadline != Clock.NEVER;
    Alarm set = alarm;
    if (set != null) {
      clock.stop(set); // a goroutine that still waits by another clock sets it again
    }
    deadline = next;
    period = every;
    wakeups.claimAll(receivers, LOOK_AGAIN);
    exit();
    wakeups.wake();
    return active;
  }

  private static final class LookAgain extends Alarm {
    private final TimerSource source;

    LookAgain(TimerSource source) {
      this.source = source;
    }

    @Override
    void goOff() {
      source.lookAgain();
    }
  }

  @Override
  boolean ready() {
    return deadline != Clock.NEVER && clock.nanoTime() >= deadline;
  }

  @Override
  boolean take(Node into, Wakeups wakeups) {
    long due = deadline;
    long now = clock.nanoTime();
    if (due == Clock.NEVER || now < due) {
      return false;
    }
    into.item = clock.instant(clock.nanoTime(), due);
    deadline = period == 0 ? Clock.NEVER : following(due, now);
    return true;
  }

  /** The first tick after now of those that follow the one that was just received. */
  private long following(long received, long now) {
    long next = received + period * (1 + (now - received) / period);
    return next < 0 ? Clock.NEVER - 1 : next;
  }

  /** Never, by another clock than its own: then an alarm makes the waiters look again. */
  @Override
  long deadline(Clock waiters) {
    if (waiters == clock) {
      return deadline;
    }
    if (deadline != Clock.NEVER) {
      Alarm set = alarm;
      if (set == null) {
        set = new LookAgain(this);
        alarm = set;
      }
      clock.start(set, deadline);
    }
    return Clock.NEVER;
  }

  @Override
  public boolean isDrained() {
    return false;
  }

  @Override
  WaitReason reason() {
    return WaitReason.TIMER;
  }
}
