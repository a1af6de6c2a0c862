package io.heddle;

import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Real time. Sleeps are timed parks; alarms are kept by one daemon thread, which exists only while
 * alarms are set.
 *
 * <p>The thread waits for the earliest deadline with a timed park. Whoever sets an alarm that is
 * earlier than what the thread waits for unparks it. An alarm goes off outside the lock; a thread
 * that stops it in between is told that it came too late.
 */
final class SystemClock extends Clock {
  static final SystemClock INSTANCE = new SystemClock();

  private static final long ORIGIN = System.nanoTime();

  /** How long the thread waits for another alarm before it ends. */
  private static final long IDLE_NANOS = 1_000_000_000;

  private final SpinLock guard = new SpinLock() {};
  private final AlarmHeap alarms = new AlarmHeap();

  /** The thread that keeps the alarms, null if none does. Guarded. */
  private @Nullable Thread keeper;

  private SystemClock() {}

  @Override
  long nanoTime() {
    return System.nanoTime() - ORIGIN;
  }

  @Override
  Instant now() {
    return Instant.now();
  }

  @Override
  void park(Waiter waiter, long deadline) {
    if (deadline == NEVER) {
      LockSupport.park(waiter);
    } else {
      LockSupport.parkNanos(waiter, deadline - nanoTime());
    }
  }

  @Override
  boolean start(Alarm alarm, long deadline) {
    Thread fresh = null;
    Thread wake = null;
    guard.enter();
    boolean active = alarms.remove(alarm);
    alarm.deadline = deadline;
    alarms.add(alarm);
    if (keeper == null) {
      fresh = Thread.ofPlatform().name("heddle-timer").daemon().unstarted(this::keep);
      keeper = fresh;
    } else if (alarm.index == 0) {
      wake = keeper;
    }
    guard.exit();
    if (fresh != null) {
      fresh.start();
    } else if (wake != null) {
      LockSupport.unpark(wake);
    }
    return active;
  }

  @Override
  boolean stop(Alarm alarm) {
    guard.enter();
    boolean stopped = alarms.remove(alarm);
    guard.exit();
    return stopped;
  }

  private void keep() {
    long idleSince = nanoTime();
    while (true) {
      long now = nanoTime();
      guard.enter();
      Alarm first = alarms.first();
      boolean due = first != null && first.deadline <= now;
      boolean idle = first == null && now - idleSince >= IDLE_NANOS;
      if (due && first != null) {
        alarms.remove(first);
      } else if (idle) {
        keeper = null;
      }
      long wait = first == null ? IDLE_NANOS : first.deadline - now;
      guard.exit();

      if (idle) {
        return;
      } else if (due && first != null) {
        idleSince = now;
        try {
          first.goOff();
        } catch (Throwable e) { // one alarm's failure must not stop the clock for the others
          Program.report(Thread.currentThread(), e);
        }
      } else {
        LockSupport.parkNanos(this, wait);
      }
    }
  }
}
