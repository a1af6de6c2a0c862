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
 * permit an unpark has left; so whoever takes such a lock has to look once more before it parks.
 *
 * <p>Acquire is a compare-and-set, release a store with release semantics: what the holder wrote is
 * visible to the next holder. The release is no full fence; code that reads a field without the
 * lock and must not miss a write that precedes it needs a fence of its own (see {@link Chan}).
 */
abstract class SpinLock {
  /** How often who came second looks again before it gives its processor up. */
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

  /** Whether nobody holds the lock, at some moment after what the caller has read so far. */
  final boolean isFree() {
    VarHandle.loadLoadFence();
    return (int) HELD.getAcquire(this) == 0;
  }

  /**
   * For whoever came second: leaves the field to the other for a moment, which updates it, or takes
   * and releases the lock, many times meanwhile. Two processors that take it from each other for
   * each update spend most of their time on that, and one that only looks slows the other down.
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
   * Naps even if the thread is interrupted, which is told again at the end: it must not keep its
   * carrier from a holder that is off its own, as a select is that naps while it waits for the
   * second of its locks. Yields are not enough: those of a few threads can fill the JDK's
   * scheduler.
   */
  @SuppressWarnings("ThreadPriorityCheck") // the yield is a hint; nothing depends on it
  private void enterSlow() {
    boolean interrupted = false;
    for (int attempt = 0; ; attempt++) {
      if ((int) HELD.getOpaque(this) == 0 && HELD.compareAndSet(this, 0, 1)) {
        break;
      }
      if (attempt < LOOKS) {
        backOff();
      } else if (attempt < LOOKS + YIELDS) {
        Thread.yield();
      } else {
        if (!Routine.isInBubble()) { // whose clock looks at the interrupts of those who wait
          interrupted |= Thread.interrupted();
        }
        LockSupport.parkNanos(NAP_NANOS);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
