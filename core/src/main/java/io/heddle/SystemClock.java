package io.heddle;

import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Real time. Sleeps are timed parks; alarms are kept by one daemon thread, which ends when it has
 * had none for a while.
 *
 * <p>The thread waits for the earliest deadline with a timed park. Whoever sets an alarm that is
 * earlier than what the thread waits for unparks it. Who takes an alarm back does not: the thread
 * wakes up once in vain instead, so that setting an alarm and taking it back, which most contexts
 * with a timeout do, wakes nobody. An alarm goes off outside the lock; a thread that stops it in
 * between is told that it came too late.
 */
final class SystemClock extends Clock {
  static final SystemClock INSTANCE = new SystemClock();

  private static final long ORIGIN = System.nanoTime();

  /** How long the thread waits for another alarm before it ends. */
  private static final long IDLE_NANOS = 1_000_000_000;

  private final SpinLock guard = new SpinLock() {};
  private final AlarmHeap alarms = new AlarmHeap();

  /** Whether a thread keeps the alarms, or is about to. Guarded. */
  private boolean kept;

  /** The thread that keeps the alarms, once it has begun to. Guarded. */
  private @Nullable Thread keeper;

  /** When the keeper will look at the alarms by itself; in the past while it is awake. Guarded. */
  private long wakesAt;

  SystemClock() {}

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
    Thread wake = null;
    guard.enter();
    boolean active = alarms.remove(alarm);
    alarm.deadline = deadline;
    alarms.add(alarm);
    boolean begin = !kept;
    if (begin) {
      kept = true;
      wakesAt = 0;
    } else if (deadline < wakesAt) {
      wakesAt = deadline;
      wake = keeper;
    }
    guard.exit();
    if (begin) {
      startKeeper();
    } else if (wake != null) {
      LockSupport.unpark(wake);
    }
    return active;
  }

  private void startKeeper() {
    boolean started = false;
    try {
      Thread.ofPlatform()
          .name("heddle-timer")
          .daemon()
          .inheritInheritableThreadLocals(false) // it outlives whoever happens to need it first
          .start(this::keep);
      started = true;
    } finally {
      if (!started) { // out of memory or threads: let the next alarm try again
        guard.enter();
        kept = false;
        guard.exit();
      }
    }
  }

  @Override
  boolean stop(Alarm alarm) {
    guard.enter();
    boolean stopped = alarms.remove(alarm);
    guard.exit();
    return stopped;
  }

  @Override
  boolean isQuiet() {
    guard.enter();
    boolean asleep = !kept || wakesAt != 0;
    boolean quiet = asleep && alarms.first() == null;
    guard.exit();
    return quiet;
  }

  /** Whether this is the thread that keeps the alarms. */
  boolean isKeeper(Thread thread) {
    guard.enter();
    boolean is = thread == keeper;
    guard.exit();
    return is;
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
        wakesAt = 0;
      } else if (idle) {
        kept = false;
        keeper = null;
      } else {
        keeper = Thread.currentThread();
        wakesAt = first == null ? idleSince + IDLE_NANOS : first.deadline;
      }
      long wait = wakesAt - now;
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
        Thread.interrupted(); // nobody has reason to send one, but it would make the park return
        LockSupport.parkNanos(this, wait);
      }
    }
  }
}
