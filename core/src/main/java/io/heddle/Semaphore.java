package io.heddle;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A number of permits to share out: {@code golang.org/x/sync/semaphore}'s {@code Weighted}. One
 * acquire can take several permits.
 *
 * <p>Waiters are served in the order in which they queued, which they do after a moment: one that
 * wants many is not overtaken by those who want few. One that wants more permits than the semaphore
 * has waits aside, in nobody's way, until it gives up or the semaphore is {@linkplain #resize
 * resized}.
 *
 * <p>A select that has chosen another case keeps its place until its goroutine runs. That long
 * those behind it wait, and {@link #tryAcquire} may fail, although there are permits enough.
 *
 * <p>A release happens before the return of every acquire that gets the permits.
 */
public final class Semaphore extends Waitable {
  private final WaitQueue queue = new WaitQueue();

  /** Those who want more than there is. */
  private final WaitQueue aside = new WaitQueue();

  private long size;
  private long held;

  /**
   * Makes a semaphore: {@code semaphore.NewWeighted(n)}.
   *
   * @param size the number of permits
   * @throws IllegalArgumentException if it is negative
   */
  public Semaphore(long size) {
    this.size = checkSize(size);
  }

  /**
   * Acquires one permit, waiting until there is one.
   *
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public void acquire() throws InterruptedException {
    acquire(1);
  }

  /**
   * Acquires one permit, unless the context is done first.
   *
   * @param context ends the wait
   * @throws ContextException if the context is done; nothing is acquired
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public void acquire(Context context) throws InterruptedException {
    acquire(1, context);
  }

  /**
   * Acquires one permit, waiting for a limited time.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @throws DeadlineExceededException if the time is over; nothing is acquired
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public void acquire(Duration timeout) throws InterruptedException {
    acquire(1, timeout);
  }

  /**
   * Acquires permits, waiting until there are enough.
   *
   * @param permits how many
   * @throws IllegalArgumentException if permits is negative
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public void acquire(long permits) throws InterruptedException {
    acquire(permits, null, Clock.NEVER);
  }

  /**
   * Acquires permits, unless the context is done first: {@code sem.Acquire(ctx, n)}.
   *
   * @param permits how many
   * @param context ends the wait
   * @throws ContextException if the context is done; nothing is acquired
   * @throws IllegalArgumentException if permits is negative
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public void acquire(long permits, Context context) throws InterruptedException {
    acquire(permits, Objects.requireNonNull(context, "context"), Clock.NEVER);
  }

  /**
   * Acquires permits, waiting for a limited time.
   *
   * @param permits how many
   * @param timeout how long to wait at most; zero or less does not wait
   * @throws DeadlineExceededException if the time is over; nothing is acquired
   * @throws IllegalArgumentException if permits is negative
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public void acquire(long permits, Duration timeout) throws InterruptedException {
    acquire(permits, null, Program.current().clock().deadline(timeout));
  }

  private void acquire(long permits, @Nullable Context context, long deadline)
      throws InterruptedException {
    checkPermits(permits);
    touch();
    Waiter.check(WaitReason.SEMAPHORE, context);
    if (take(permits) || (deadline == Clock.NEVER && tryForAMoment(permits, context))) {
      return;
    }
    Waiter self = Waiter.current();
    Long wanted = permits;
    enter();
    if (isFree(permits)) {
      held += permits;
      exit();
      return;
    }
    self.prepare(this, wanted);
    queueFor(permits).add(self);
    exit();
    self.await(WaitReason.SEMAPHORE, context, deadline);
    self.takeItem();
  }

  /**
   * Acquires one permit if there is one at once.
   *
   * @return whether it is acquired
   */
  public boolean tryAcquire() {
    return tryAcquire(1);
  }

  /**
   * Acquires permits if there are enough at once and nobody waits: {@code sem.TryAcquire(n)}.
   *
   * @param permits how many
   * @return whether they are acquired
   * @throws IllegalArgumentException if permits is negative
   */
  public boolean tryAcquire(long permits) {
    checkPermits(permits);
    touch();
    return take(permits);
  }

  /** Tries again for a moment, unless others wait already. */
  private boolean tryForAMoment(long permits, @Nullable Context context)
      throws InterruptedException {
    for (int looks = 0;
        queue.isEmpty() && hesitate(looks, WaitReason.SEMAPHORE, context);
        looks++) {
      if (take(permits)) {
        return true;
      }
    }
    return false;
  }

  private boolean take(long permits) {
    enter();
    boolean free = isFree(permits);
    if (free) {
      held += permits;
    }
    exit();
    return free;
  }

  /**
   * A case that acquires one permit.
   *
   * @return the case; its result is null
   */
  public Case<@Nullable Void> onAcquire() {
    return onAcquire(1);
  }

  /**
   * A case that acquires one permit and then yields a result.
   *
   * @param <R> the result
   * @param result called with the permit acquired, on the goroutine that selects
   * @return the case
   */
  public <R extends @Nullable Object> Case<R> onAcquire(Supplier<? extends R> result) {
    return onAcquire(1, result);
  }

  /**
   * A case that acquires permits.
   *
   * @param permits how many
   * @return the case; its result is null
   * @throws IllegalArgumentException if permits is negative
   */
  public Case<@Nullable Void> onAcquire(long permits) {
    return onAcquire(permits, () -> null);
  }

  /**
   * A case that acquires permits and then yields a result.
   *
   * @param <R> the result
   * @param permits how many
   * @param result called with the permits acquired, on the goroutine that selects
   * @return the case
   * @throws IllegalArgumentException if permits is negative
   */
  public <R extends @Nullable Object> Case<R> onAcquire(
      long permits, Supplier<? extends R> result) {
    checkPermits(permits);
    Long wanted = permits;
    return new Case.Action<R>(this, result) {
      @Override
      boolean ready() {
        return isFree(permits);
      }

      @Override
      boolean complete(Wakeups wakeups) {
        held += permits;
        return true;
      }

      @Override
      boolean enqueue() {
        item = wanted;
        queueFor(permits).add(this);
        return true;
      }
    };
  }

  /**
   * Gives one permit back.
   *
   * @throws IllegalStateException if none is acquired
   */
  public void release() {
    release(1);
  }

  /**
   * Gives permits back: {@code sem.Release(n)}.
   *
   * @param permits how many
   * @throws IllegalStateException if fewer are acquired
   * @throws IllegalArgumentException if permits is negative
   */
  public void release(long permits) {
    checkPermits(permits);
    touch();
    enter();
    if (permits > held) {
      long acquired = held;
      exit();
      throw new IllegalStateException(
          "release of " + permits + " permits of a Semaphore with " + acquired + " acquired");
    }
    if (queue.isEmpty()) {
      held -= permits;
      exit();
      return;
    }
    Wakeups wakeups = newWakeups();
    held -= permits;
    grant(wakeups);
    exit();
    wakeups.wake();
  }

  /**
   * Changes the number of permits. If more are acquired than there will be, nobody gets any until
   * enough are released.
   *
   * @param size the new number of permits
   * @throws IllegalArgumentException if it is negative
   */
  public void resize(long size) {
    checkSize(size);
    touch();
    Wakeups wakeups = new Wakeups();
    enter();
    this.size = size;
    move(queue, aside);
    move(aside, queue);
    grant(wakeups);
    exit();
    wakeups.wake();
  }

  /**
   * The number of permits, acquired or not.
   *
   * @return the size
   */
  public long size() {
    enter();
    long now = size;
    exit();
    return now;
  }

  /**
   * The number of permits that are not acquired.
   *
   * @return the number; negative after a {@link #resize} to less than is acquired
   */
  public long available() {
    enter();
    long now = size - held;
    exit();
    return now;
  }

  /**
   * The number of goroutines that wait for permits.
   *
   * @return the number at this moment
   */
  public int waiting() {
    enter();
    int now = queue.size() + aside.size();
    exit();
    return now;
  }

  @Override
  public String toString() {
    enter();
    long all = size;
    long free = all - held;
    exit();
    return "Semaphore[" + free + "/" + all + "]";
  }

  /** With the lock held: whether permits can be had without overtaking anybody. */
  private boolean isFree(long permits) {
    return permits <= size - held && queue.isEmpty();
  }

  private WaitQueue queueFor(long permits) {
    return permits > size ? aside : queue;
  }

  /** With the lock held: gives permits to those who wait, in order, as far as they go. */
  private void grant(Wakeups wakeups) {
    for (Node node = queue.first(); node != null; node = queue.first()) {
      long permits = wanted(node);
      if (permits > size - held) {
        return;
      }
      queue.remove(node);
      if (wakeups.claim(node)) {
        held += permits;
      }
    }
  }

  /** With the lock held: moves those to the other queue that belong there. */
  private void move(WaitQueue from, WaitQueue to) {
    for (Node node = from.first(); node != null; ) {
      Node next = node.next;
      if (queueFor(wanted(node)) == to) {
        from.remove(node);
        to.add(node);
      }
      node = next;
    }
  }

  private static long wanted(Node node) {
    return (Long) Objects.requireNonNull(node.item);
  }

  /** Those who waited behind one that wanted much may be content with what there is. */
  @Override
  void withdrawn(Node node, Wakeups wakeups) {
    grant(wakeups);
  }

  private static long checkSize(long size) {
    if (size < 0) {
      throw new IllegalArgumentException("size of a Semaphore: " + size + " is negative");
    }
    return size;
  }

  private static void checkPermits(long permits) {
    if (permits < 0) {
      throw new IllegalArgumentException("permits of a Semaphore: " + permits + " is negative");
    }
  }
}
