package io.heddle;

import io.heddle.internal.Waits;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Mutual exclusion: Go's {@code sync.Mutex}. Not re-entrant; any goroutine may unlock it.
 *
 * {@snippet :
 * mutex.lock();
 * try {
 *   count++;
 * } finally {
 *   mutex.unlock();
 * }
 * }
 *
 * <p>Unlike Go's it can be waited for with a context, for a limited time, and in a select.
 *
 * <p>An unlock happens before every later lock.
 */
public final class Mutex extends Waitable implements Locker {
  // Two modes, as in Go, chosen for each waiter and not for the whole mutex.
  //
  // Normally an unlock frees the mutex and wakes the first waiter, which then competes with
  // newcomers. These usually win, as they are running already, and that is good: the
  // mutex is passed on without waiting for a thread to be scheduled. A waiter that lost goes back
  // to the head of the queue.
  //
  // A waiter that has competed for more than a millisecond without success is handed the mutex by
  // the next unlock: it stays locked all the time, so no other can come between. (Go counts from
  // when the waiter was queued, and then hands over until the queue is short.) So is a select,
  // which cannot compete, because by the time it could it has chosen another case.
  //
  // Bits of the state:
  //
  //   LOCKED      a thread has it
  //   CONTENDED   a waiter is queued
  //   WOKEN       a waiter was woken to compete, and has not yet: an unlock wakes no other
  //   OWED        the first in the queue is to be handed the mutex
  //   the others  while LOCKED: the number of the thread that locked it, for dumps and the search
  //               for deadlocks
  //
  // Transitions; those with an asterisk are made with the inner lock held:
  //
  //   free                    -> LOCKED                   lock, tryLock
  //   LOCKED                  -> free                     unlock
  //   LOCKED                  -> LOCKED CONTENDED       * lock: the waiter is queued
  //   LOCKED CONTENDED        -> CONTENDED WOKEN        * unlock: wakes the first waiter
  //   LOCKED CONTENDED OWED   -> LOCKED                 * unlock: hands over to the first waiter
  //   CONTENDED WOKEN         -> LOCKED CONTENDED WOKEN   lock of a newcomer, which overtakes
  //   LOCKED CONTENDED WOKEN  -> CONTENDED WOKEN          its unlock, which wakes no other
  //   any with WOKEN          -> without WOKEN          * the woken waiter competes: it locks, or
  //                                                       it is queued again, as the first
  //
  // CONTENDED and OWED follow the queue (queueChangedLocked). Somebody is queued only while
  // CONTENDED is set and LOCKED or WOKEN is: some thread will unlock or compete, and see the queue.
  // The thread's number changes with LOCKED, in the same compare-and-set, so it costs no access to
  // memory and always belongs to the lock that is held. A goroutine that has locked a mutex keeps
  // its thread, as it may end without unlocking it, and another may unlock it.

  private static final long LOCKED = 1;
  private static final long CONTENDED = 2;
  private static final long WOKEN = 4;
  private static final long OWED = 8;
  private static final int HOLDER = 4;

  /** LOCKED, and by which thread. */
  private static final long HELD = ~(CONTENDED | WOKEN | OWED);

  /** How long a waiter competes before the mutex is handed to it. */
  private static final long STARVATION_NANOS = 1_000_000;

  /** In the node of a waiter that is to be handed the mutex. */
  private static final Object HAND_OVER = new Object();

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Mutex.class, "state", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final WaitQueue waiters = new WaitQueue();
  private volatile long state;

  /** Makes an unlocked mutex. */
  public Mutex() {}

  @Override
  public void lock() throws InterruptedException {
    lock(null, Clock.NEVER);
  }

  @Override
  public void lock(Context context) throws InterruptedException {
    lock(Objects.requireNonNull(context, "context"), Clock.NEVER);
  }

  @Override
  public void lock(Duration timeout) throws InterruptedException, TimeoutException {
    if (!lock(null, Program.current().clock().deadline(timeout))) {
      throw Waiter.timedOut(WaitReason.MUTEX_LOCK, timeout);
    }
  }

  /** Locks; false if the deadline passes first. */
  private boolean lock(@Nullable Context context, long deadline) throws InterruptedException {
    touch();
    Waiter.check(WaitReason.MUTEX_LOCK, context);
    return acquire()
        || (deadline == Clock.NEVER && tryForAMoment(context))
        || lockSlow(context, deadline);
  }

  /** Tries again for a moment, unless others wait already. */
  private boolean tryForAMoment(@Nullable Context context) throws InterruptedException {
    for (int looks = 0;
        (state & CONTENDED) == 0 && hesitate(looks, WaitReason.MUTEX_LOCK, context);
        looks++) {
      if (acquire()) {
        return true;
      }
    }
    return false;
  }

  private boolean lockSlow(@Nullable Context context, long deadline) throws InterruptedException {
    Waiter self = Waiter.current();
    long since = Clock.NEVER;
    while (!lockOrQueue(self, since)) {
      boolean handedOver = self.item == HAND_OVER;
      if (!self.await(WaitReason.MUTEX_LOCK, context, deadline)) {
        return false;
      }
      if (handedOver) {
        return true;
      }
      since = since == Clock.NEVER ? self.clock().nanoTime() : since;
    }
    return true;
  }

  /** Locks whatever happens: for the way back from {@link Cond#await()}. */
  void lockUninterruptibly() {
    Waiter self = Waiter.current();
    long since = Clock.NEVER;
    while (!lockOrQueue(self, since)) {
      boolean handedOver = self.item == HAND_OVER;
      self.awaitUninterruptibly(WaitReason.MUTEX_LOCK);
      if (handedOver) {
        return;
      }
      since = since == Clock.NEVER ? self.clock().nanoTime() : since;
    }
  }

  /**
   * Locks, or queues the waiter.
   *
   * @param since when the waiter lost for the first time, never if it has not been queued yet
   * @return true if the mutex is locked, false if it has to wait
   */
  private boolean lockOrQueue(Waiter self, long since) {
    boolean first = since == Clock.NEVER;
    boolean starving = !first && self.clock().nanoTime() - since > STARVATION_NANOS;
    Schedulers.keepThread(); // it may be handed the mutex
    enter();
    if (!first) {
      clear(WOKEN);
    }
    if (acquireOrContendLocked()) {
      exit();
      return true;
    }
    self.prepare(this, starving ? HAND_OVER : null);
    if (first) {
      waiters.add(self);
    } else {
      waiters.addFirst(self);
    }
    queueChangedLocked();
    exit();
    return false;
  }

  @Override
  public boolean tryLock() {
    touch();
    return acquire();
  }

  private boolean acquire() {
    long seen = state;
    while ((seen & LOCKED) == 0) {
      if (STATE.compareAndSet(this, seen, seen | heldBy(Thread.currentThread()))) {
        Schedulers.keepThread();
        return true;
      }
      seen = state;
    }
    return false;
  }

  private static long heldBy(Thread holder) {
    return LOCKED | holder.threadId() << HOLDER;
  }

  @Override
  public <R extends @Nullable Object> Case<R> onLock(Supplier<? extends R> result) {
    return new Case.Action<R>(this, result) {
      @Override
      boolean ready() {
        return (state & LOCKED) == 0;
      }

      @Override
      boolean complete(Wakeups wakeups) {
        return acquire();
      }

      @Override
      boolean enqueue() {
        if (!contendLocked()) {
          return false;
        }
        item = HAND_OVER;
        Schedulers.keepThread();
        waiters.add(this);
        queueChangedLocked();
        return true;
      }
    };
  }

  @Override
  public void unlock() {
    touchToGive();
    long seen = state;
    while ((seen & LOCKED) != 0 && owesNothing(seen)) {
      if (STATE.compareAndSet(this, seen, seen & ~HELD)) {
        return;
      }
      seen = state;
    }
    unlockSlow();
  }

  /** Whether an unlock wakes none: no goroutine waits, or one is about to compete. */
  private static boolean owesNothing(long seen) {
    return (seen & CONTENDED) == 0 || (seen & (WOKEN | OWED)) == WOKEN;
  }

  private void unlockSlow() {
    Object place = Waits.areSampled() ? Waits.unlocking() : null;
    enter();
    if ((state & LOCKED) == 0) {
      exit();
      throw new IllegalStateException("unlock of unlocked Mutex");
    }
    Waiter woken = (state & WOKEN) == 0 ? wakeFirstLocked(place) : handOverToFirstLocked(place);
    exit();
    if (woken != null) {
      woken.wake();
    }
  }

  /** Frees the mutex for the first waiter to compete, or hands it over. */
  private @Nullable Waiter wakeFirstLocked(@Nullable Object place) {
    assert isHeld();
    for (Node node = waiters.poll(); node != null; node = waiters.poll()) {
      boolean handOver = node.item == HAND_OVER;
      Waiter waiter = Waiter.of(node);
      if (handOver) {
        holdBy(waiter);
      }
      node.item = place;
      if (waiter.claim(node)) {
        queueChangedLocked();
        if (!handOver) {
          set(WOKEN);
          clear(HELD);
        }
        return waiter;
      }
    }
    queueChangedLocked();
    clear(HELD);
    return null;
  }

  /** Frees the mutex while a woken waiter is about to compete for it. */
  private @Nullable Waiter handOverToFirstLocked(@Nullable Object place) {
    assert isHeld();
    for (Node node = waiters.first();
        node != null && node.item == HAND_OVER;
        node = waiters.first()) {
      waiters.remove(node);
      Waiter waiter = Waiter.of(node);
      holdBy(waiter);
      node.item = place;
      if (waiter.claim(node)) {
        queueChangedLocked();
        return waiter;
      }
    }
    queueChangedLocked();
    clear(HELD);
    return null;
  }

  /** Before the claim that hands it over: its thread may run, and unlock, at once. */
  private void holdBy(Waiter waiter) {
    long seen = state;
    while (!STATE.compareAndSet(
        this, seen, (seen & ~HELD) | heldBy(Objects.requireNonNull(waiter.sleeper())))) {
      seen = state;
    }
  }

  @Override
  void withdrawnLocked(Node node, Wakeups wakeups) {
    assert isHeld();
    queueChangedLocked();
  }

  @Override
  long holder() {
    return state >>> HOLDER;
  }

  /** Whether it is locked. For {@link Cond}, which cannot ask by which goroutine. */
  boolean isTaken() {
    return (state & LOCKED) != 0;
  }

  @Override
  public String toString() {
    return isTaken() ? "Mutex[locked]" : "Mutex[unlocked]";
  }

  private void queueChangedLocked() {
    assert isHeld();
    Node first = waiters.first();
    if (first == null) {
      clear(CONTENDED | OWED);
    } else if (first.item == HAND_OVER) {
      set(OWED);
    } else if ((state & OWED) != 0) {
      clear(OWED);
    }
  }

  private void set(long bits) {
    STATE.getAndBitwiseOr(this, bits);
  }

  private void clear(long bits) {
    STATE.getAndBitwiseAnd(this, ~bits);
  }

  /** Locks the mutex, or leaves LOCKED and CONTENDED set for a waiter. */
  private boolean acquireOrContendLocked() {
    assert isHeld();
    while (true) {
      if (acquire()) {
        return true;
      }
      if (contendLocked()) {
        return false;
      }
    }
  }

  /** Sets CONTENDED if the mutex is locked. */
  private boolean contendLocked() {
    assert isHeld();
    long seen = state;
    while ((seen & LOCKED) != 0) {
      if (STATE.compareAndSet(this, seen, seen | CONTENDED)) {
        return true;
      }
      seen = state;
    }
    return false;
  }
}
