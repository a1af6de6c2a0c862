package io.heddle;

import io.heddle.scheduler.Headroom;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A number of permits to share out: {@code golang.org/x/sync/semaphore}'s {@code Weighted}. One
 * acquire can take several permits.
 *
 * <p>Waiters are served in the order in which they queued, which they do after a moment: requests
 * for few permits do not overtake a request for many. A request for more permits than the semaphore
 * has does not delay the others. It waits until its caller gives up or the semaphore is {@linkplain
 * #resize resized}, which puts it back in its place. Several cases of one select do not delay each
 * other.
 *
 * <p>A select that has chosen another case keeps its place until its goroutine runs. Until then,
 * later callers wait and {@link #tryAcquire} may fail, even if there are enough permits.
 *
 * <p>A release happens before the return of every acquire that gets the permits.
 */
public final class Semaphore extends Waitable {
  // No request in the queue is for more permits than the size; every request aside is. Both are in
  // the order of arrival. The first in the queue keeps the others waiting until there are enough
  // permits for it, except those of the same select.

  private final WaitQueue queue = new WaitQueue();

  /** The requests for more permits than the semaphore has. */
  private final WaitQueue aside = new WaitQueue();

  private long size;
  private long held;

  /** Numbers the requests that wait, in their order of arrival. */
  private long arrivals;

  /**
   * Makes a semaphore: {@code semaphore.NewWeighted(n)}.
   *
   * @param size the number of permits
   * @throws IllegalArgumentException if it is negative
   */
  public Semaphore(long size) {
    this(size, BubbleClock.current());
  }

  /** A semaphore with an explicit owner. */
  Semaphore(long size, @Nullable BubbleClock owner) {
    super(owner);
    this.size = checkSize(size);
  }

  /** The item of a node that waits. */
  private static final class Request {
    final long permits;

    /** Its place in the order in which requests began to wait. */
    long arrival;

    Request(long permits) {
      this.permits = permits;
    }

    static Request of(Node node) {
      return (Request) Objects.requireNonNull(node.item);
    }
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
   * @throws TimeoutException if the time is over; nothing is acquired
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public void acquire(Duration timeout) throws InterruptedException, TimeoutException {
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
   * @throws TimeoutException if the time is over; nothing is acquired
   * @throws IllegalArgumentException if permits is negative
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public void acquire(long permits, Duration timeout)
      throws InterruptedException, TimeoutException {
    if (!acquire(permits, null, Program.current().clock().deadline(timeout))) {
      throw Waiter.timedOut(WaitReason.SEMAPHORE, timeout);
    }
  }

  /** Acquires permits; false if the deadline passes first. */
  private boolean acquire(long permits, @Nullable Context context, long deadline)
      throws InterruptedException {
    checkPermits(permits);
    touch();
    Waiter.check(WaitReason.SEMAPHORE, context);
    if (take(permits) || (deadline == Clock.NEVER && tryForAMoment(permits, context))) {
      return true;
    }
    Waiter self = Waiter.current();
    Request request = new Request(permits);
    enter();
    if (isFreeLocked(permits)) {
      held += permits;
      exit();
      return true;
    }
    self.prepare(this, request);
    addLocked(self, request);
    exit();
    boolean granted = self.await(WaitReason.SEMAPHORE, context, deadline);
    self.takeItem();
    return granted;
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
   * Acquires permits if there are enough at once and no caller waits: {@code sem.TryAcquire(n)}.
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
    boolean free = isFreeLocked(permits);
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
   * @param permits how many; negative only if the case is {@linkplain Case#when disabled} whenever
   *     a select runs, else that throws an {@link IllegalArgumentException}
   * @return the case; its result is null
   */
  public Case<@Nullable Void> onAcquire(long permits) {
    return onAcquire(permits, () -> null);
  }

  /**
   * A case that acquires permits and then yields a result.
   *
   * @param <R> the result
   * @param permits how many, as in {@link #onAcquire(long)}
   * @param result called with the permits acquired, on the goroutine that selects
   * @return the case
   */
  public <R extends @Nullable Object> Case<R> onAcquire(
      long permits, Supplier<? extends R> result) {
    return new Acquire<R>(permits, result);
  }

  private final class Acquire<R extends @Nullable Object> extends Case.Action<R> {
    private final Request request;

    Acquire(long permits, Supplier<? extends R> result) {
      super(Semaphore.this, result);
      request = new Request(permits);
      isUnfit = permits < 0;
    }

    @Override
    RuntimeException refusal() {
      return negative(request.permits);
    }

    @Override
    boolean ready() {
      return isFreeLocked(request.permits);
    }

    @Override
    boolean complete(Wakeups wakeups) {
      held += request.permits;
      return true;
    }

    @Override
    boolean enqueue() {
      item = request;
      addLocked(this, request);
      return true;
    }
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
    touchToGive();
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
    Wakeups wakeups = newWakeupsLocked();
    held -= permits;
    grantLocked(wakeups);
    exit();
    wakeups.wake();
  }

  /**
   * Changes the number of permits. If more than the new number are acquired, no request is granted
   * until enough are released.
   *
   * @param size the new number of permits
   * @throws IllegalArgumentException if it is negative
   */
  public void resize(long size) {
    checkSize(size);
    touch();
    Wakeups wakeups = new Wakeups();
    WaitQueue all = new WaitQueue();
    enter();
    this.size = size;
    for (Node node = pollEarliestLocked(); node != null; node = pollEarliestLocked()) {
      all.add(node);
    }
    for (Node node = all.poll(); node != null; node = all.poll()) {
      queueFor(Request.of(node).permits).add(node);
    }
    grantLocked(wakeups);
    exit();
    wakeups.wake();
  }

  /**
   * The number of permits, acquired or not.
   *
   * @return the size
   */
  public long size() {
    Headroom.forGiving();
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
    Headroom.forGiving();
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
    Headroom.forGiving();
    enter();
    int now = queue.size() + aside.size();
    exit();
    return now;
  }

  @Override
  public String toString() {
    Headroom.forGiving();
    enter();
    long all = size;
    long free = all - held;
    exit();
    return "Semaphore[" + free + "/" + all + "]";
  }

  /** Whether permits can be acquired without overtaking a waiter. */
  private boolean isFreeLocked(long permits) {
    assert isHeld();
    return permits <= size - held && queue.isEmpty();
  }

  private WaitQueue queueFor(long permits) {
    return permits > size ? aside : queue;
  }

  /** Queues a new request. */
  private void addLocked(Node node, Request request) {
    assert isHeld();
    request.arrival = arrivals++;
    queueFor(request.permits).add(node);
  }

  /** Removes the node that arrived first, in the queue or aside. */
  private @Nullable Node pollEarliestLocked() {
    assert isHeld();
    Node first = queue.first();
    Node other = aside.first();
    boolean isAside =
        first == null || (other != null && Request.of(other).arrival < Request.of(first).arrival);
    return (isAside ? aside : queue).poll();
  }

  /** Gives permits to waiting requests in order, as long as there are enough. */
  private void grantLocked(Wakeups wakeups) {
    assert isHeld();
    for (Node node = nextLocked(); node != null; node = nextLocked()) {
      long permits = Request.of(node).permits;
      queue.remove(node);
      if (wakeups.claim(node)) {
        held += permits;
      }
    }
  }

  /**
   * The node to serve next: the first in the queue if there are permits enough for it, else another
   * of the same select; null if there are too few permits for all of these.
   */
  private @Nullable Node nextLocked() {
    assert isHeld();
    Node node = queue.first();
    Waiter first = node == null ? null : node.waiter;
    while (node != null && Request.of(node).permits > size - held) {
      Node following = node.next;
      node = following != null && following.waiter == first ? following : null;
    }
    return node;
  }

  /** For the requests that waited behind it there may be enough permits. */
  @Override
  void withdrawnLocked(Node node, Wakeups wakeups) {
    assert isHeld();
    grantLocked(wakeups);
  }

  private static long checkSize(long size) {
    if (size < 0) {
      throw new IllegalArgumentException("size of a Semaphore: " + size + " is negative");
    }
    return size;
  }

  private static void checkPermits(long permits) {
    if (permits < 0) {
      throw negative(permits);
    }
  }

  private static IllegalArgumentException negative(long permits) {
    return new IllegalArgumentException("permits of a Semaphore: " + permits + " is negative");
  }
}
