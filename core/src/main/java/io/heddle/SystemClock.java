package io.heddle;

import io.heddle.scheduler.Scheduler;
import io.heddle.scheduler.Timers;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Real time.
 *
 * <p>On Heddle's own scheduler its workers look after the alarms: between tasks, and one that has
 * nothing to do sleeps until the next is due. So an alarm goes off where a goroutine is about to
 * run anyway, and wakes no other thread. A sleeping goroutine is an alarm, too. A daemon thread,
 * the keeper, stands by and comes a little later: it runs those that no worker came by to run,
 * because those that are awake compute or block, and otherwise finds them gone.
 *
 * <p>On the JDK's scheduler, whose workers know nothing of us, the keeper comes in time, and
 * goroutines sleep in timed parks of the JDK.
 *
 * <p><b>No alarm is missed.</b> A thread that sets an alarm first puts it into a queue. Then it
 * checks whether the keeper, or the sleeping worker, would wake up too late, and wakes it if so.
 * These first publish how long they will sleep, and then look into the queues once more. Both
 * accesses are volatile, so one of the two sees the other. Taking an alarm back wakes no thread: at
 * worst one wakes up for nothing. But the first thread whose stopped alarm stays in its queue wakes
 * the keeper, which then tidies up after a second.
 */
final class SystemClock extends Clock implements Timers {
  static final SystemClock INSTANCE = create();

  private static final long ORIGIN = System.nanoTime();

  /** How long the keeper waits for another alarm before it ends. */
  private static final long IDLE_NANOS = 1_000_000_000;

  /**
   * How long a stopped alarm may stay where it is, if tidying up takes no more than a hundredth.
   */
  private static final long TIDY_NANOS = 1_000_000_000;

  private static final int TIDY_SHARE = 100;

  /** If it seems to take longer than a hundredth of this, it was most likely held up. */
  private static final long LONGEST_UNTIDY_NANOS = 10_000_000_000L;

  /** How much the keeper comes later than a worker would. */
  private static final long STAND_BY_NANOS = 1_000_000;

  /** Several, by worker, so that these do not meet at one lock; a power of two. */
  final AlarmQueue[] queues;

  private final @Nullable Scheduler scheduler;

  /** Guards whether there is a keeper. */
  private final SpinLock guard = new SpinLock() {};

  /** Whether a thread is the keeper, or is about to be. Guarded. */
  private boolean kept;

  private volatile @Nullable Thread keeper;

  /** When the keeper will look at the alarms by itself; in the past while it is awake. */
  private volatile long wakesAt = NEVER;

  /** Whether the keeper will tidy up without being woken. */
  private volatile boolean tidies;

  /** When a worker that had nothing to do meant to look at the alarms. */
  private volatile long attendedUntil = NEVER;

  /** A clock of its own, which only the keeper looks after. */
  SystemClock() {
    this(null);
  }

  private SystemClock(@Nullable Scheduler scheduler) {
    this.scheduler = scheduler;
    int workers = scheduler == null ? 1 : scheduler.parallelism();
    queues = new AlarmQueue[Integer.highestOneBit(workers * 2 - 1)];
    for (int i = 0; i < queues.length; i++) {
      queues[i] = new AlarmQueue();
    }
  }

  private static SystemClock create() {
    Scheduler scheduler = Schedulers.own();
    SystemClock clock = new SystemClock(scheduler);
    if (scheduler != null) {
      scheduler.serve(clock);
    }
    return clock;
  }

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
    Alarm wakeUpCall = deadline == NEVER || scheduler == null ? null : wakeUpCall(waiter);
    boolean isSet = wakeUpCall != null && isStarted(wakeUpCall, deadline);
    // Setting it takes locks, and a wait for a lock may sleep: what ended that sleep was perhaps
    // meant for this one, and does not come again.
    try {
      if (waiter.isWaiting() && (deadline == NEVER || nanoTime() < deadline)) {
        if (deadline == NEVER || isSet) {
          waiter.park();
        } else {
          LockSupport.parkNanos(waiter, deadline - nanoTime());
        }
      }
    } finally {
      if (wakeUpCall != null) {
        stop(wakeUpCall);
      }
    }
  }

  /** Sets an alarm; false if there is no memory for that. */
  private boolean isStarted(Alarm wakeUpCall, long deadline) {
    try {
      start(wakeUpCall, deadline);
      return true;
    } catch (OutOfMemoryError e) {
      return false;
    }
  }

  /** A wait that has begun must not fail: without memory for an alarm the JDK ends it. */
  private static @Nullable Alarm wakeUpCall(Waiter waiter) {
    try {
      return waiter.wakeUpCall();
    } catch (OutOfMemoryError e) {
      return null;
    }
  }

  /** Gives an alarm its queue. Threads that start it for the first time at once need that. */
  void share(Alarm alarm) {
    alarm.home = queues[0];
  }

  @Override
  boolean start(Alarm alarm, long deadline) {
    AlarmQueue home = alarm.home;
    if (home == null) {
      int worker = scheduler == null ? 0 : Math.max(0, scheduler.currentWorker());
      home = queues[worker & (queues.length - 1)];
      alarm.home = home;
    }
    boolean wasSet = home.start(alarm, deadline);
    long standBy = scheduler == null ? deadline : deadline(deadline, STAND_BY_NANOS);
    if (standBy < wakesAt) {
      wakeKeeper();
    }
    if (deadline < attendedUntil && scheduler != null) {
      scheduler.lookAtTimers();
    }
    return wasSet;
  }

  @Override
  boolean stop(Alarm alarm) {
    AlarmQueue home = alarm.home;
    if (home == null) {
      return false;
    }
    boolean wasSet = home.stop(alarm);
    if (home.isUntidy() && !tidies) {
      wakeKeeper();
    }
    return wasSet;
  }

  @Override
  public long untilNext() {
    long earliest = earliest();
    do {
      attendedUntil = earliest;
      earliest = earliest();
    } while (earliest < attendedUntil);
    return earliest == NEVER ? NEVER : earliest - nanoTime();
  }

  @Override
  public void runDue() {
    long now = -1;
    for (AlarmQueue queue : queues) {
      if (queue.earliest() != NEVER) {
        now = now < 0 ? nanoTime() : now;
        if (queue.earliest() <= now) {
          runDue(queue, now);
        }
      }
    }
  }

  private static void runDue(AlarmQueue queue, long now) {
    Alarm due = queue.pollDue(now, false);
    while (due != null) {
      goOff(due);
      due = queue.pollDue(now, true);
    }
  }

  /** One alarm's failure must not stop the clock for the others, whatever the handler does. */
  private static void goOff(Alarm due) {
    try {
      due.goOff();
    } catch (Throwable e) {
      try {
        Program.report(Thread.currentThread(), e);
      } catch (Throwable ignored) {
        // as the JVM does with what an uncaught exception handler throws
      }
    }
  }

  private long earliest() {
    long earliest = NEVER;
    for (AlarmQueue queue : queues) {
      earliest = Math.min(earliest, queue.earliest());
    }
    return earliest;
  }

  private static long deadline(long time, long later) {
    return time >= NEVER - later ? NEVER - 1 : time + later;
  }

  private void wakeKeeper() {
    Thread thread = keeper;
    if (thread != null) {
      LockSupport.unpark(thread);
      return;
    }
    guard.enter();
    boolean start = !kept;
    kept = true;
    guard.exit();
    if (start) {
      startKeeper();
    }
  }

  private void startKeeper() {
    boolean started = false;
    try {
      Thread.ofPlatform()
          .name("heddle-timer")
          .daemon()
          .inheritInheritableThreadLocals(
              false) // it outlives the thread that happens to need it first
          .start(this::keep);
      started = true;
    } catch (OutOfMemoryError e) {
      if (scheduler == null) {
        throw e;
      } // else the workers do without
    } finally {
      if (!started) { // out of memory or threads: let the next alarm try again
        noLongerKept();
      }
    }
  }

  private boolean areUntidy() {
    for (AlarmQueue queue : queues) {
      if (queue.isUntidy()) {
        return true;
      }
    }
    return false;
  }

  private void tidy() {
    for (AlarmQueue queue : queues) {
      if (queue.isUntidy()) {
        queue.tidy();
      }
    }
  }

  private void noLongerKept() {
    guard.enter();
    kept = false;
    keeper = null;
    wakesAt = NEVER;
    guard.exit();
  }

  @Override
  boolean isQuiet() {
    for (AlarmQueue queue : queues) {
      if (!queue.isQuiet()) {
        return false;
      }
    }
    return true;
  }

  /** Whether this is the thread that keeps the alarms. */
  boolean isKeeper(Thread thread) {
    return thread == keeper;
  }

  private void keep() {
    keeper = Thread.currentThread();
    long late = scheduler == null ? 0 : STAND_BY_NANOS;
    long idleSince = nanoTime();
    long tidiesAt = NEVER;
    long pause = TIDY_NANOS;
    while (true) {
      long now = nanoTime();
      wakesAt = 0;
      for (AlarmQueue queue : queues) {
        if (queue.earliest() <= now - late) {
          runDue(queue, now - late);
        }
      }
      now = nanoTime();
      if (now >= tidiesAt) {
        tidy();
        pause = Math.clamp((nanoTime() - now) * TIDY_SHARE, TIDY_NANOS, LONGEST_UNTIDY_NANOS);
        now = nanoTime();
        tidiesAt = NEVER;
      }
      tidies = tidiesAt != NEVER;
      if (!tidies && areUntidy()) { // a look after the write, as when an alarm is set
        tidiesAt = now + pause;
        tidies = true;
      }
      long earliest = earliest();
      if (earliest != NEVER) {
        idleSince = now;
      } else if (now - idleSince >= IDLE_NANOS) {
        noLongerKept();
        if (earliest() != NEVER) { // set before we said that we end, by a thread that saw us stay
          wakeKeeper();
        }
        return;
      }
      long next = earliest == NEVER ? idleSince + IDLE_NANOS : deadline(earliest, late);
      // Alarms set while we sleep for so short need not wake us.
      next = Math.min(next, tidiesAt);
      wakesAt = late == 0 ? next : Math.max(next, now + late);
      if (deadline(earliest(), late) >= next) {
        Thread.interrupted(); // none is expected, but it would make the park return
        LockSupport.parkNanos(this, wakesAt - now);
      }
    }
  }
}
