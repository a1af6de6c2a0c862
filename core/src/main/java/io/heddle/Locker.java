package io.heddle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something that can be locked: Go's {@code sync.Locker}. None is re-entrant, and none has an
 * owner: one goroutine may unlock what another locked.
 *
 * <p>An unlock happens before every later lock.
 */
public sealed interface Locker permits Mutex, RWMutex, RWMutex.Reading {
  /**
   * Locks, waiting until that is possible.
   *
   * @throws InterruptedException if the thread is interrupted; it is not locked
   */
  void lock() throws InterruptedException;

  /**
   * Locks, unless the context is done first.
   *
   * @param context ends the wait
   * @throws ContextException if the context is done; it is not locked
   * @throws InterruptedException if the thread is interrupted; it is not locked
   */
  void lock(Context context) throws InterruptedException;

  /**
   * Locks, waiting for a limited time.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @throws TimeoutException if the time is over; it is not locked
   * @throws InterruptedException if the thread is interrupted; it is not locked
   */
  void lock(Duration timeout) throws InterruptedException, TimeoutException;

  /**
   * Locks if that is possible at once: Go's {@code TryLock}.
   *
   * @return whether it is locked now
   */
  boolean tryLock();

  /**
   * A case that locks.
   *
   * @return the case; its result is null
   */
  default Case<@Nullable Void> onLock() {
    return onLock(() -> null);
  }

  /**
   * A case that locks and then yields a result.
   *
   * @param <R> the result
   * @param result called with the lock held, on the goroutine that selects
   * @return the case
   */
  <R extends @Nullable Object> Case<R> onLock(Supplier<? extends R> result);

  /**
   * Unlocks.
   *
   * @throws IllegalStateException if it is not locked
   */
  void unlock();

  /**
   * Locks for the time of a block: Go's {@code mu.Lock(); defer mu.Unlock()}.
   *
   * {@snippet :
   * try (var _ = mutex.lockScoped()) {
   *   balance += amount;
   * }
   * }
   *
   * @return unlocks when it is closed, once
   * @throws InterruptedException if the thread is interrupted; it is not locked
   */
  default Scope lockScoped() throws InterruptedException {
    Scope scope = new Scope(this); // first, as it may throw an OutOfMemoryError
    lock();
    return scope;
  }

  /**
   * Locks for the time of a block, unless the context is done first.
   *
   * @param context ends the wait
   * @return unlocks when it is closed, once
   * @throws ContextException if the context is done; it is not locked
   * @throws InterruptedException if the thread is interrupted; it is not locked
   */
  default Scope lockScoped(Context context) throws InterruptedException {
    Scope scope = new Scope(this);
    lock(context);
    return scope;
  }

  /** The block in which something is locked: see {@link #lockScoped()}. */
  final class Scope implements AutoCloseable {
    private static final VarHandle LOCKED;

    static {
      try {
        LOCKED = MethodHandles.lookup().findVarHandle(Scope.class, "locked", Locker.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private volatile @Nullable Locker locked;

    private Scope(Locker locked) {
      this.locked = locked;
    }

    /** Unlocks; does nothing the second time, whichever goroutine calls it. */
    @Override
    public void close() {
      Locker held = locked;
      if (held != null && LOCKED.compareAndSet(this, held, null)) {
        held.unlock();
      }
    }
  }
}
