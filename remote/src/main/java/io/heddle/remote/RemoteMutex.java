package io.heddle.remote;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.DeadlineExceededException;
import io.heddle.Go;
import java.time.Duration;
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
 * code that relies on it. A lock that is held for long, such as the leadership among several
 * processes, is no different: the leader works under {@link Held#context}.
 *
 * <p>The lock is not re-entrant, and waiters are served in no particular order. It has no case for
 * a select, because a select cannot choose atomically between a network and local channels.
 */
public final class RemoteMutex {
  private final Keeper keeper;
  private final String name;

  RemoteMutex(Keeper keeper, String name) {
    this.keeper = keeper;
    this.name = name;
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
    return held(keeper.backend().acquire(name, keeper.lease()), Context.current());
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
    return lock(context, context);
  }

  /**
   * Locks, waiting for a limited time.
   *
   * @param timeout how long to wait at most, including the time that the backend takes to answer;
   *     zero or less is {@link #tryLock}
   * @return the lock, to be closed
   * @throws TimeoutException if the time is over; it is not locked
   * @throws RemoteException if the backend cannot be reached; if the lock was taken nevertheless,
   *     it becomes free when its lease ends
   * @throws InterruptedException if the thread is interrupted; it is not locked
   */
  public Held lock(Duration timeout)
      throws RemoteException, InterruptedException, TimeoutException {
    if (!timeout.isPositive()) {
      Held held = tryLock();
      if (held == null) {
        throw timedOut(timeout);
      }
      return held;
    }
    try (CancelContext waiting = Context.background().withTimeout(timeout)) {
      return lock(waiting, Context.current());
    } catch (DeadlineExceededException e) {
      throw timedOut(timeout);
    }
  }

  private TimeoutException timedOut(Duration timeout) {
    return new TimeoutException("lock of " + name + ": timed out after " + timeout);
  }

  /** Waits under one context, in a goroutine that its end interrupts; the lock is below another. */
  private Held lock(Context waiting, Context parent) throws RemoteException, InterruptedException {
    waiting.check();
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    try (CancelContext calling = waiting.withCancel()) {
      Chan<Calls.Ending<Lease>> ending = Chan.buffered(1);
      Go.go(
          calling,
          "lock " + name,
          () -> ending.trySend(Calls.run(() -> keeper.backend().acquire(name, keeper.lease()))));
      Calls.Ending<Lease> reached;
      boolean interrupted = false;
      try {
        reached = Calls.receiveOnce(ending);
      } catch (InterruptedException e) {
        interrupted = true;
        calling.cancel();
        reached = Calls.receive(ending);
      }
      if (reached instanceof Calls.Ending.Returned<Lease>(Lease lease)) {
        Held held = held(lease, parent);
        if (interrupted || waiting.isDone()) {
          held.close();
        } else {
          return held;
        }
      }
      if (interrupted) {
        throw new InterruptedException();
      }
      waiting.check();
      return held(Calls.result(reached), parent);
    }
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
    Lease lease = keeper.backend().tryAcquire(name, keeper.lease());
    return lease == null ? null : held(lease, Context.current());
  }

  private Held held(Lease lease, Context parent) {
    Tenure tenure = Tenure.begin(keeper, lease, "lock " + name, parent, () -> {});
    return new Held(keeper.backend(), tenure);
  }

  /** The lock's name. */
  @Override
  public String toString() {
    return "RemoteMutex[" + name + "]";
  }
}
