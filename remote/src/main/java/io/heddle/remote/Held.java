package io.heddle.remote;

import io.heddle.Context;

/**
 * A lock, a permit or a leadership that this process holds. The lease behind it is renewed until it
 * is released with {@link #close}.
 *
 * {@snippet :
 * try (Held held = mutex.lock(context)) {
 *   go(held.context(), () -> copy(files)).join();
 * }
 * }
 *
 * <p>A lock with a lease cannot keep a process that was suspended from continuing as if it still
 * held the lock. Two things follow from the loss of a lease: the {@link #context} is cancelled,
 * which interrupts the goroutines below it, and the next holder gets a higher {@link #token}.
 * Whatever the lock protects must check the token, for example with a {@link Fence} or with {@link
 * Outlet#send(Message, Held)}. Otherwise the lock is advisory.
 *
 * <p>A release happens before every later lock, in whatever process.
 */
public final class Held implements AutoCloseable {
  private final Backend backend;
  private final Tenure tenure;

  Held(Backend backend, Tenure tenure) {
    this.backend = backend;
    this.tenure = tenure;
  }

  /**
   * The fencing token: a number that rises with every holder of what has this {@link #name}.
   *
   * @return a positive number
   */
  public long token() {
    return tenure.lease().token();
  }

  /**
   * A context that is done before any other process can hold the lock: a tenth of the lease's
   * duration before the lease ends, on this process's monotonic clock, and when the lock is
   * released. If the lease was lost, its cause is a {@link LeaseLostException}. It is below the
   * context with which the caller waited for the lock, or else below the one that was current.
   *
   * @return always the same context
   */
  public Context context() {
    return tenure.context();
  }

  /**
   * The name of what is held: of a lock or an election; for a permit, the semaphore's name, a slash
   * and the number of the permit. Tokens of the same name can be compared.
   *
   * @return the name
   */
  public String name() {
    return tenure.lease().id();
  }

  Lease lease() {
    return tenure.lease();
  }

  /** Ends the lease otherwise than by a release. */
  boolean settle(Settlement how) throws RemoteException, InterruptedException {
    tenure.settle(how);
    return true;
  }

  boolean isIn(Backend other) {
    return backend.equals(other);
  }

  /**
   * Cancels the context, and releases the lock. Waits until the release is stored, whatever the
   * interrupts. If the backend cannot be reached, the lock becomes free when the lease ends. Does
   * nothing if the lease was lost, or the lock was released before.
   */
  @Override
  public void close() {
    tenure.close(new Settlement.Returned());
  }

  /** The name and the token. */
  @Override
  public String toString() {
    return "Held[" + name() + ", token " + token() + "]";
  }
}
