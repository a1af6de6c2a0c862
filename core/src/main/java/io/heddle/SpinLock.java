package io.heddle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * The lock inside every primitive: one int, held for a few dozen instructions.
 *
 * <p>Critical sections under it never block, never call user code and never allocate much, so
 * waiting for it means waiting for a handful of instructions unless the operating system took the
 * holder's processor away. Hence: look again a few times, then give the processor up, then sleep. A
 * blocking lock would cost more than the work it protects, and would put goroutines to sleep behind
 * the back of {@link Waiter}, the one place where they sleep. The sleep at the end uses up whatever
 * permit an unpark has left; so a thread that takes such a lock has to look once more before it
 * parks.
 *
 * <p>A section is not left by an exception, because an operation begins only if there is stack for
 * all of it (see {@link io.heddle.scheduler.Headroom}). What needs memory allocates before it
 * enters, or releases the lock if it gets none.
 *
 * <p>A method whose name ends in {@code Locked} is called with the lock of its object held; of a
 * {@link Select}, with those of all its objects.
 *
 * <p>Acquire is a compare-and-set, release a store with release semantics: what the holder wrote is
 * visible to the next holder. The release is no full fence; code that reads a field without the
 * lock and must not miss a write that precedes it needs a fence of its own (see {@link Chan}).
 */
abstract class SpinLock {
  /** How often a waiting thread looks again before it yields its processor. */
  static final int LOOKS = 4;

  /**
   * The time between two looks, none on the only processor. It is a time and not a number of
   * pauses, as a pause takes anything from a nanosecond to fifty.
   */
  private static final long BACK_OFF_NANOS =
      Runtime.getRuntime().availableProcessors() > 1 ? 3_000 : 0;

  /** Between two looks at the clock. */
  private static final int PAUSES = 16;

  /** At most; where a clock stands still, as in a model checker, this is the end. */
  private static final int ROUNDS = 32;

  /** After as many yields the holder is off its processor: stop burning ours. */
  private static final int YIELDS = 64;

  private static final long NAP_NANOS = 50_000;

  private static final VarHandle HELD;

  static {
    try {
      HELD = MethodHandles.lookup().findVarHandle(SpinLock.class, "held", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("unused") // through HELD
  private volatile int held;

  final void enter() {
    if (!HELD.compareAndSet(this, 0, 1)) {
      enterSlow();
    }
  }

  final void exit() {
    HELD.setRelease(this, 0);
  }

  /** Whether some thread holds the lock, for assertions. */
  final boolean isHeld() {
    return (int) HELD.getOpaque(this) != 0;
  }

  /** Whether the lock is free, at some moment after what the caller has read so far. */
  final boolean isFree() {
    VarHandle.loadLoadFence();
    return (int) HELD.getAcquire(this) == 0;
  }

  /**
   * For a thread that lost a race for a field or the lock: pauses, so that the winner can update
   * the field, or take and release the lock, many times. Two processors that take a cache line from
   * each other for each update spend most of their time on that, and one that only reads slows the
   * other down.
   */
  static void backOff() {
    long start = System.nanoTime();
    for (int i = 0; i < ROUNDS && System.nanoTime() - start < BACK_OFF_NANOS; i++) {
      for (int pause = 0; pause < PAUSES; pause++) {
        Thread.onSpinWait();
      }
    }
  }

  /**
   * Gives the processor up after a few tries, because the holder may need it: a select that holds
   * one lock naps while it waits for the next. Yields are not enough, as those of a few threads can
   * fill the JDK's scheduler; and an interrupted thread does not nap. Does not fail, as a caller
   * may hold other locks.
   */
  private void enterSlow() {
    boolean interrupted = false;
    for (int attempt = 0; !tryEnter(); attempt++) {
      if (attempt < LOOKS) {
        backOff();
      } else if (attempt < LOOKS + YIELDS) {
        standAside(0);
      } else {
        interrupted |= Routine.suspendInterrupt();
        standAside(NAP_NANOS);
      }
    }
    if (interrupted) {
      Routine.restoreInterrupt();
    }
  }

  private boolean tryEnter() {
    return (int) HELD.getOpaque(this) == 0 && HELD.compareAndSet(this, 0, 1);
  }

  @SuppressWarnings("ThreadPriorityCheck") // the yield is a hint; nothing depends on it
  private static void standAside(long nanos) {
    try {
      if (nanos == 0) {
        Thread.yield();
      } else {
        LockSupport.parkNanos(nanos);
      }
    } catch (StackOverflowError e) {
      backOff(); // the JVM cannot set the thread's stack aside: it has to stay on its carrier
    }
  }
}
