package io.heddle.remote;

import io.heddle.Context;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Mutual exclusion between processes: what {@link io.heddle.Mutex} is to goroutines. All objects
 * with the same name, in whatever process, are one lock.
 *
 * {@snippet :
 * try (Held held = remote.mutex("nightly").lock(context)) {
 *   report(held.context());
 * }
 * }
 *
 * <p>A lock is held with a lease, because its holder may die: {@link Held} says what that means for
 * code that relies on it. The lock is not re-entrant, and waiters are served in no particular
 * order. It has no case for a select, because a select cannot choose atomically between a network
 * and local channels.
 */
public final class RemoteMutex {
  private final Acquisition acquisition;

  RemoteMutex(Keeper keeper, String name) {
    this.acquisition = new Acquisition(keeper, new Lock(Lock.Kind.MUTEX, name));
  }

  /**
   * Locks, waiting until that is possible.
   *
   * @return the lock, to be closed
   * @throws RemoteException if the backend cannot be reached; if the lock was taken nevertheless,
   *     it becomes free when its lease ends
   * @throws InterruptedException if the thread is interrupted; it is not locked
   */
  public Held lock() throws RemoteException, InterruptedException {
    return Objects.requireNonNull(acquisition.acquire());
  }

  /**
   * Locks, unless the context is done first.
   *
   * @param context ends the wait, and is the parent of {@link Held#context}
   * @return the lock, to be closed
   * @throws io.heddle.ContextException if the context is done; it is not locked
   * @throws RemoteException if the backend cannot be reached; if the lock was taken nevertheless,
   *     it becomes free when its lease ends
   * @throws InterruptedException if the thread is interrupted; it is not locked
   */
  public Held lock(Context context) throws RemoteException, InterruptedException {
    return Objects.requireNonNull(acquisition.acquire(context));
  }

  /**
   * Locks, waiting for a limited time.
   *
   * @param timeout how long to wait. If a call of the backend has begun, its answer is awaited
   *     nevertheless, so this may take longer; zero or less is {@link #tryLock}
   * @return the lock, to be closed
   * @throws TimeoutException if the time is over; it is not locked
   * @throws RemoteException if the backend cannot be reached; if the lock was taken nevertheless,
   *     it becomes free when its lease ends
   * @throws InterruptedException if the thread is interrupted; it is not locked
   */
  public Held lock(Duration timeout)
      throws RemoteException, InterruptedException, TimeoutException {
    return Objects.requireNonNull(acquisition.acquire(timeout));
  }

  /**
   * Locks if the lock is free. Waits for the backend's answer.
   *
   * @return the lock, to be closed; null if another has it
   * @throws RemoteException if the backend cannot be reached; if the lock was taken nevertheless,
   *     it becomes free when its lease ends
   * @throws InterruptedException if the thread was interrupted before; it is not locked
   */
  public @Nullable Held tryLock() throws RemoteException, InterruptedException {
    return acquisition.tryAcquire();
  }

  /** The lock's name. */
  @Override
  public String toString() {
    return "RemoteMutex[" + acquisition.lock().name() + "]";
  }
}
