package io.heddle.remote;

import io.heddle.Context;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A number of permits that processes share: what {@link io.heddle.Semaphore} is to goroutines. All
 * objects with the same name, in whatever process, are one semaphore.
 *
 * {@snippet :
 * try (Held permit = remote.semaphore("licences", 5).acquire(context)) {
 *   convert(file, permit.context());
 * }
 * }
 *
 * <p>A permit is held with a lease, because its holder may die: {@link Held} says what that means.
 * Permits have numbers, and each has fencing tokens of its own: compare a {@link Held#token} only
 * with others of the same {@link Held#name}. An acquire takes one permit, and waiters are served in
 * no particular order.
 *
 * <p>The backend keeps the number of permits. It cannot be changed under the same name.
 */
public final class RemoteSemaphore {
  private final Acquisition acquisition;

  RemoteSemaphore(Keeper keeper, String name, int permits) {
    this.acquisition = new Acquisition(keeper, new Lock(Lock.Kind.SEMAPHORE, name, permits));
  }

  /**
   * Acquires a permit, waiting until there is one.
   *
   * @return the permit, to be closed
   * @throws RemoteException if the backend cannot be reached, or has the semaphore with another
   *     number of permits; if a permit was taken nevertheless, it becomes free when its lease ends
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public Held acquire() throws RemoteException, InterruptedException {
    return Objects.requireNonNull(acquisition.acquire());
  }

  /**
   * Acquires a permit, unless the context is done first.
   *
   * @param context ends the wait, and is the parent of {@link Held#context}
   * @return the permit, to be closed
   * @throws io.heddle.ContextException if the context is done; nothing is acquired
   * @throws RemoteException if the backend cannot be reached, or has the semaphore with another
   *     number of permits; if a permit was taken nevertheless, it becomes free when its lease ends
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public Held acquire(Context context) throws RemoteException, InterruptedException {
    return Objects.requireNonNull(acquisition.acquire(context));
  }

  /**
   * Acquires a permit, waiting for a limited time.
   *
   * @param timeout how long to wait. If a call of the backend has begun, its answer is awaited
   *     nevertheless, so this may take longer; zero or less is {@link #tryAcquire}
   * @return the permit, to be closed
   * @throws TimeoutException if the time is over; nothing is acquired
   * @throws RemoteException if the backend cannot be reached, or has the semaphore with another
   *     number of permits; if a permit was taken nevertheless, it becomes free when its lease ends
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public Held acquire(Duration timeout)
      throws RemoteException, InterruptedException, TimeoutException {
    return Objects.requireNonNull(acquisition.acquire(timeout));
  }

  /**
   * Acquires a permit if one is free. Waits for the backend's answer.
   *
   * @return the permit, to be closed; null if others have all of them
   * @throws RemoteException if the backend cannot be reached, or has the semaphore with another
   *     number of permits; if a permit was taken nevertheless, it becomes free when its lease ends
   * @throws InterruptedException if the thread was interrupted before; nothing is acquired
   */
  public @Nullable Held tryAcquire() throws RemoteException, InterruptedException {
    return acquisition.tryAcquire();
  }

  /** The semaphore's name and the number of its permits. */
  @Override
  public String toString() {
    Lock lock = acquisition.lock();
    return "RemoteSemaphore[" + lock.name() + ", permits " + lock.permits() + "]";
  }
}
