package io.heddle;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Time that stands still until a test moves it. Moving it runs the alarms and wakes the timed
 * waiters whose deadlines it passes, in the order of these, each at its own time.
 *
 * <p>A test waits for those it expects to sleep, with {@link #awaitSleepers} or {@link
 * #awaitBlocked}, before it moves time: who has not begun to wait cannot miss a deadline, but will
 * measure it from the new time. It is public for the tests of other packages.
 */
public final class VirtualClock extends Clock {
  /** The time of day at which every test begins. */
  public static final Instant START = Instant.parse("2000-01-01T00:00:00Z");

  /** Generous, as it only decides how soon a test that hangs anyway is given up. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final AlarmHeap alarms = new AlarmHeap();

  /** The threads in {@link #park}. */
  private final Set<Sleeper> sleepers = ConcurrentHashMap.newKeySet();

  private volatile long now;

  VirtualClock() {}

  /** A test that moves time. */
  @FunctionalInterface
  public interface Body {
    /** Runs as the main goroutine of a program on the clock. */
    void run(VirtualClock clock) throws Exception;
  }

  /** Runs a test as a program on a virtual clock; any goroutine's failure fails it. */
  public static void run(Body body) throws InterruptedException {
    VirtualClock clock = new VirtualClock();
    new Program(clock).run(() -> body.run(clock));
  }

  @Override
  long nanoTime() {
    return now;
  }

  @Override
  Instant now() {
    return START.plusNanos(now);
  }

  @Override
  void park(Waiter waiter, long deadline) {
    if (deadline == NEVER) {
      LockSupport.park(waiter);
      return;
    }
    Sleeper sleeper = new Sleeper(waiter, Thread.currentThread());
    start(sleeper, deadline);
    sleepers.add(sleeper);
    LockSupport.park(waiter); // returns at once if the deadline has passed: it was unparked
    sleepers.remove(sleeper);
    stop(sleeper);
  }

  @Override
  boolean start(Alarm alarm, long deadline) {
    boolean active;
    boolean due;
    synchronized (alarms) {
      active = alarms.remove(alarm);
      due = deadline <= now;
      if (!due) {
        alarms.add(alarm, deadline);
      }
    }
    if (due) {
      alarm.goOff();
    }
    return active;
  }

  @Override
  boolean stop(Alarm alarm) {
    synchronized (alarms) {
      return alarms.remove(alarm);
    }
  }

  /** The alarms that are set and the threads that sleep until a deadline. */
  int pending() {
    synchronized (alarms) {
      return alarms.size();
    }
  }

  /** Moves time on. */
  public void advance(Duration duration) {
    long target = deadline(duration);
    for (Alarm due = next(target); due != null; due = next(target)) {
      due.goOff();
    }
  }

  /** Moves time to the next deadline, or to the target if there is none before that. */
  private Alarm next(long target) {
    synchronized (alarms) {
      Alarm first = alarms.first();
      if (first == null || first.key > target) {
        now = target;
        return null;
      }
      now = first.key;
      alarms.remove(first);
      return first;
    }
  }

  /** Waits until exactly this many threads sleep until a deadline that is still to come. */
  public void awaitSleepers(int count) {
    await(() -> sleepers() == count, () -> count + " sleepers; there are " + sleepers());
  }

  private int sleepers() {
    synchronized (alarms) {
      return (int) sleepers.stream().filter(s -> s.index >= 0 && s.waiter.isWaiting()).count();
    }
  }

  /** Waits until the goroutine sleeps for the reason, in the words of a goroutine dump. */
  public static void awaitBlocked(Goroutine goroutine, String reason) {
    await(() -> isBlocked((Routine) goroutine, reason), () -> goroutine + " to be in " + reason);
  }

  private static boolean isBlocked(Routine routine, String reason) {
    return switch (routine.thread().getState()) {
      case WAITING, TIMED_WAITING ->
          routine.isWaiting() && String.valueOf(routine.reason()).equals(reason);
      case NEW, RUNNABLE, BLOCKED -> false;
      case TERMINATED -> throw new AssertionError(routine + " instead of blocked in " + reason);
    };
  }

  /** Waits for a condition that other threads bring about, in real time. */
  public static void await(BooleanSupplier condition, Supplier<String> what) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new AssertionError("waited in vain for " + what.get());
      }
      Go.gosched();
    }
  }

  /** Wakes a thread that waits until a deadline. */
  private static final class Sleeper extends Alarm {
    private final Waiter waiter;
    private final Thread thread;

    Sleeper(Waiter waiter, Thread thread) {
      this.waiter = waiter;
      this.thread = thread;
    }

    @Override
    void goOff() {
      LockSupport.unpark(thread);
    }
  }
}
