package io.heddle;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it, on the JDK's scheduler, that a goroutine that yields gets its turn again.
 *
 * <p>A worker of a ForkJoinPool takes tasks that were submitted from elsewhere only when its own
 * queue is empty. That concerns goroutines that yield in two ways.
 *
 * <ul>
 *   <li>Goroutines that yield to each other on every worker keep the others waiting. So from time
 *       to time such a goroutine sleeps, for as short as possible.
 *   <li>A goroutine that sleeps, or that yields while nothing else is queued on its worker, is
 *       submitted from elsewhere. Two goroutines that hand over to each other keep it waiting, as
 *       each puts the other into the worker's queue. So once a yield has lasted for long, woken
 *       goroutines are submitted from elsewhere, too: by the thread that keeps the alarms. The
 *       workers' own queues run empty, and all goroutines have the same chance.
 * </ul>
 *
 * <p>While no goroutine yields, a wake-up reads one shared variable more.
 */
final class Turns {
  private static final int YIELDS_PER_NAP = 32;

  /**
   * How long a yield lasts before others make room. Thousands of goroutines can run meanwhile, so
   * that it does not happen to a yield that waits only for those queued before it.
   */
  private static final long PATIENCE_NANOS = 2_000_000;

  /** Reading the time takes a while: once in so many wake-ups, a power of two. */
  private static final int WAKEUPS_PER_LOOK = 64;

  private static final AtomicInteger YIELDING = new AtomicInteger();

  /** When a goroutine last had its turn, or began to wait for one while no other did. */
  private static volatile long since;

  /** Whether woken goroutines are submitted from elsewhere. */
  private static volatile boolean isLong;

  /** Counts wake-ups; some may be lost. */
  private static int wakeups;

  private Turns() {}

  /** Lets other goroutines run. Called by a virtual thread, which need not be a goroutine. */
  @SuppressWarnings("ThreadPriorityCheck") // the caller asks for it
  static void giveWay() {
    if (Schedulers.isOurs()) {
      Thread.yield();
      return;
    }
    if (YIELDING.getAndIncrement() == 0) {
      since = System.nanoTime();
    }
    try {
      if (ThreadLocalRandom.current().nextInt(YIELDS_PER_NAP) == 0) {
        nap();
      } else {
        Thread.yield();
      }
    } finally {
      since = System.nanoTime();
      isLong = false;
      YIELDING.getAndDecrement();
    }
  }

  private static void nap() {
    boolean interrupted = Routine.suspendInterrupt();
    try {
      if (interrupted) {
        LockSupport.parkNanos(1); // returns at once: an interrupt leaves a permit
      }
      LockSupport.parkNanos(1);
    } finally {
      if (interrupted) {
        Routine.restoreInterrupt();
      }
    }
  }

  /** Lets a goroutine run that was woken. */
  static void unpark(@Nullable Thread thread) {
    if (thread == null || Schedulers.isOurs() || YIELDING.get() == 0 || !makesRoom(thread)) {
      LockSupport.unpark(thread);
    }
  }

  private static boolean makesRoom(Thread thread) {
    wakeups++;
    if (wakeups % WAKEUPS_PER_LOOK == 0 && System.nanoTime() - since > PATIENCE_NANOS) {
      isLong = true;
    }
    return isLong && Thread.currentThread().isVirtual() && isWokenFromElsewhere(thread);
  }

  /** Has the keeper of the alarms unpark a thread; false if there is no memory for that. */
  private static boolean isWokenFromElsewhere(Thread thread) {
    try {
      SystemClock.INSTANCE.start(new Unpark(thread), 0);
      return true;
    } catch (OutOfMemoryError e) {
      return false;
    }
  }

  private static final class Unpark extends Alarm {
    private final Thread thread;

    Unpark(Thread thread) {
      this.thread = thread;
    }

    @Override
    void goOff() {
      LockSupport.unpark(thread);
    }
  }
}
