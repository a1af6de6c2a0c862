package io.heddle;

import java.time.Instant;

/**
 * A channel that yields the time when its time has come: what timers and tickers are made of.
 *
 * <p>There is no thread and no alarm behind it. The source only knows its deadline; it is ready
 * once the clock has passed it, and whoever waits for it parks until then. A new deadline sends
 * those who wait back to look again. So a timer costs nothing while nobody waits for it, and no
 * stale value can be in it: Go 1.23's rules.
 */
abstract sealed class TimerSource extends Source<Instant> permits Timer, Ticker {
  /** Put into the nodes of waiters who have to look at the deadline again. */
  static final Object LOOK_AGAIN = new Object();

  private final Clock clock;

  /** Guarded. */
  private long deadline;

  TimerSource(Clock clock, long deadline) {
    this.clock = clock;
    this.deadline = deadline;
  }

  final Clock clock() {
    return clock;
  }

  /** With the lock held: the deadline that follows the one that was just delivered. */
  abstract long following(long delivered, long now);

  /** Sets the deadline; whether there was one that had not been delivered. */
  final boolean rearm(long next) {
    Wakeups wakeups = new Wakeups();
    enter();
    boolean active = deadline != Clock.NEVER;
    deadline = next;
    wakeups.claimAll(receivers, LOOK_AGAIN);
    exit();
    wakeups.wake();
    return active;
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
    into.item = clock.instant(due);
    deadline = following(due, now);
    return true;
  }

  @Override
  long deadline() {
    return deadline;
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
