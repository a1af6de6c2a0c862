package io.heddle;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A condition to wait for under a lock: Go's {@code sync.Cond}.
 *
 * {@snippet :
 * mutex.lock();
 * try {
 *   while (queue.isEmpty()) {
 *     notEmpty.await();                 // unlocks, waits for a signal, locks again
 *   }
 *   return queue.remove();
 * } finally {
 *   mutex.unlock();
 * }
 * }
 *
 * <p>Waiters are woken in the order in which they came, and never without a signal. A wait that
 * ends by an interrupt, a context or a deadline has not used up a signal.
 *
 * <p>A signal or broadcast happens before the return of the wait that it ends.
 */
public final class Cond extends Waitable {
  private final Locker locker;
  private final WaitQueue waiters = new WaitQueue();

  /**
   * Makes a condition: Go's {@code sync.NewCond(&mutex)}.
   *
   * @param locker the lock to hold while waiting, Go's {@code cond.L}: a {@link Mutex}, an {@link
   *     RWMutex}, or its {@linkplain RWMutex#reading readers' side}
   */
  public Cond(Locker locker) {
    this.locker = Objects.requireNonNull(locker, "locker");
  }

  /**
   * The lock to hold while waiting: Go's {@code cond.L}.
   *
   * @return always the same object
   */
  public Locker locker() {
    return locker;
  }

  /**
   * Unlocks the lock, waits for a signal, and locks it again, whatever the outcome.
   *
   * @throws IllegalStateException if the lock is not locked
   * @throws InterruptedException if the thread is interrupted; the lock is locked
   */
  public void await() throws InterruptedException {
    await(null, Clock.NEVER);
  }

  /**
   * Waits as {@link #await()} does, unless the context is done first.
   *
   * @param context ends the wait
   * @throws ContextException if the context is done; the lock is locked
   * @throws IllegalStateException if the lock is not locked
   * @throws InterruptedException if the thread is interrupted; the lock is locked
   */
  public void await(Context context) throws InterruptedException {
    await(Objects.requireNonNull(context, "context"), Clock.NEVER);
  }

  /**
   * Waits as {@link #await()} does, for a limited time.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @throws TimeoutException if the time is over; the lock is locked
   * @throws IllegalStateException if the lock is not locked
   * @throws InterruptedException if the thread is interrupted; the lock is locked
   */
  public void await(Duration timeout) throws InterruptedException, TimeoutException {
    if (!await(null, Program.current().clock().deadline(timeout))) {
      throw Waiter.timedOut(WaitReason.COND_WAIT, timeout);
    }
  }

  private boolean await(@Nullable Context context, long deadline) throws InterruptedException {
    touch();
    if (!isTaken()) {
      throw new IllegalStateException("await on a Cond whose " + kind() + " is not locked");
    }
    Waiter.check(WaitReason.COND_WAIT, context);
    Waiter self = Waiter.current();
    enter();
    self.prepare(this, null);
    waiters.add(self);
    exit();
    try {
      locker.unlock();
    } catch (Throwable e) { // unlocked meanwhile by other code, or there is no memory
      self.abandon();
      throw e;
    }
    try {
      return self.await(WaitReason.COND_WAIT, context, deadline);
    } finally {
      lockUninterruptibly();
    }
  }

  private boolean isTaken() {
    return switch (locker) {
      case Mutex mutex -> mutex.isTaken();
      case RWMutex mutex -> mutex.isTaken(true);
      case RWMutex.Reading reading -> reading.mutex().isTaken(false);
    };
  }

  private void lockUninterruptibly() {
    switch (locker) {
      case Mutex mutex -> mutex.lockUninterruptibly();
      case RWMutex mutex -> mutex.lockUninterruptibly(true);
      case RWMutex.Reading reading -> reading.mutex().lockUninterruptibly(false);
    }
  }

  private String kind() {
    return switch (locker) {
      case Mutex _ -> "Mutex";
      case RWMutex _ -> "RWMutex";
      case RWMutex.Reading _ -> "RWMutex, for reading,";
    };
  }

  /** Wakes the goroutine that has waited longest, if there is one. Holding the lock is optional. */
  public void signal() {
    touchToGive();
    enter();
    Waiter woken = waiters.claimFirst(null);
    exit();
    if (woken != null) {
      woken.wake();
    }
  }

  /** Wakes all goroutines that wait. Holding the lock is optional. */
  public void broadcast() {
    touchToGive();
    Wakeups wakeups = new Wakeups();
    enter();
    wakeups.claimAll(waiters, null);
    exit();
    wakeups.wake();
  }
}
