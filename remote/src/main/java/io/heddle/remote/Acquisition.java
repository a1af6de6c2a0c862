package io.heddle.remote;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.DeadlineExceededException;
import io.heddle.Go;
import io.heddle.queue.Uninterrupted;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Acquires a lock of any kind, waiting as long as the caller says. */
final class Acquisition {
  private final Keeper keeper;
  private final Lock lock;

  Acquisition(Keeper keeper, Lock lock) {
    this.keeper = keeper;
    this.lock = lock;
  }

  Backend backend() {
    return keeper.backend();
  }

  Lock lock() {
    return lock;
  }

  /** Waits; null if the lock is a once whose result is stored. */
  @Nullable Held acquire() throws RemoteException, InterruptedException {
    return held(backend().locks().acquire(lock, keeper.lease()), Context.current());
  }

  /** Waits until a context is done, which also becomes the parent of the holder's context. */
  @Nullable Held acquire(Context context) throws RemoteException, InterruptedException {
    return acquire(context, context);
  }

  /** Waits for a limited time; null if the lock is a once whose result is stored. */
  @Nullable Held acquire(Duration timeout)
      throws RemoteException, InterruptedException, TimeoutException {
    if (!timeout.isPositive()) {
      Held held = tryAcquire();
      if (held == null) {
        throw timedOut(timeout);
      }
      return held;
    }
    try (CancelContext waiting = Context.background().withTimeout(timeout)) {
      return acquire(waiting, Context.current());
    } catch (DeadlineExceededException e) {
      throw timedOut(timeout);
    }
  }

  private TimeoutException timedOut(Duration timeout) {
    return new TimeoutException("acquire of " + lock + ": timed out after " + timeout);
  }

  /** Waits under one context, in a goroutine that its end interrupts; the lock is below another. */
  private @Nullable Held acquire(Context waiting, Context parent)
      throws RemoteException, InterruptedException {
    waiting.check();
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    try (CancelContext calling = waiting.withCancel()) {
      Chan<Calls.Ending<@Nullable Lease>> ending = Chan.buffered(1);
      Go.go(
          calling,
          "acquire " + lock,
          () -> ending.trySend(Calls.run(() -> backend().locks().acquire(lock, keeper.lease()))));
      Calls.Ending<@Nullable Lease> reached;
      boolean interrupted = false;
      try {
        reached = Calls.receiveOnce(ending);
      } catch (InterruptedException e) {
        interrupted = true;
        calling.cancel();
        reached = Uninterrupted.receive(ending);
      }
      if (!interrupted && !waiting.isDone()) {
        return held(Calls.result(reached), parent);
      }
      if (reached instanceof Calls.Ending.Returned(Lease lease) && lease != null) {
        new Held(backend(), tenure(lease, parent)).close();
      }
      if (interrupted) {
        throw new InterruptedException();
      }
      waiting.check();
      throw new IllegalStateException("the context was done"); // a context stays done
    }
  }

  /** Waits for nothing but the backend's answer; null if the lock is not free. */
  @Nullable Held tryAcquire() throws RemoteException, InterruptedException {
    return held(backend().locks().tryAcquire(lock, keeper.lease()), Context.current());
  }

  private @Nullable Held held(@Nullable Lease lease, Context parent) {
    return lease == null ? null : new Held(backend(), tenure(lease, parent));
  }

  private Tenure tenure(Lease lease, Context parent) {
    return Tenure.begin(keeper, lease, lock.toString(), parent, () -> {});
  }
}
