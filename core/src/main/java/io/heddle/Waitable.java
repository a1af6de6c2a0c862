package io.heddle;

import io.heddle.scheduler.Headroom;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** An object that goroutines wait on: a lock, and a place in the order in which select locks. */
abstract class Waitable extends SpinLock {
  private static final AtomicLong NEXT_RANK = new AtomicLong();
  private static final VarHandle RANK;

  static {
    try {
      RANK = MethodHandles.lookup().findVarHandle(Waitable.class, "rank", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /**
   * The bubble that it belongs to, null in real time. It changes when that bubble is over: then the
   * object belongs to the bubble that uses it next.
   */
  @Nullable BubbleClock bubble;

  @SuppressWarnings("unused") // through RANK
  private volatile long rank;

  /** An object that belongs to the bubble it is made in. */
  Waitable() {
    this(BubbleClock.current());
  }

  /**
   * An object with an explicit owner. What Heddle makes on demand must not belong to the bubble
   * that happens to ask first.
   *
   * @param owner the bubble whose goroutines or clock make the object ready; null if something
   *     outside of a bubble may do so
   */
  Waitable(@Nullable BubbleClock owner) {
    this.bubble = owner;
  }

  /**
   * This object's place in the lock order, given on first use: most channels never meet a select of
   * several cases, and a counter shared by all would be contended when they are made.
   */
  final long rank() {
    long given = rank;
    if (given == 0) {
      long fresh = NEXT_RANK.incrementAndGet();
      long found = (long) RANK.compareAndExchange(this, 0L, fresh);
      given = found == 0 ? fresh : found;
    }
    return given;
  }

  /**
   * Comes first in every operation, with no lock held: there has to be stack for all of it, and in
   * a bubble it has to be one of the bubble's goroutines that calls.
   */
  final void touch() {
    Headroom.forTaking();
    touchInBubble();
  }

  /** As {@link #touch}, for an operation that gives back what an earlier one took. */
  final void touchToGive() {
    Headroom.forGiving();
    touchInBubble();
  }

  private void touchInBubble() {
    BubbleClock owner = bubble;
    if (owner != null) {
      touchIn(owner);
    }
  }

  private void touchIn(BubbleClock last) {
    BubbleClock owner = last;
    if (owner.isOverFor(this)) {
      owner = BubbleClock.current();
      bubble = owner;
    }
    if (owner != null && owner.admits(this)) {
      owner.operation();
    }
  }

  /**
   * Called before queueing for an object that another goroutine holds: pauses for a moment, or
   * yields the worker. Queueing, parking and waking take longer than most objects are held. And two
   * goroutines of one worker that had queued would hand the object to each other from then on,
   * parking in turn, while another worker is free. Not for waits with a deadline, which may have
   * passed.
   *
   * @param looks how often the caller has looked again
   * @return whether it is to look again, and not yet to queue
   */
  @SuppressWarnings("ThreadPriorityCheck") // the yield is a hint; nothing depends on it
  final boolean hesitate(int looks, WaitReason reason, @Nullable Context context)
      throws InterruptedException {
    if (bubble != null) {
      return false; // in virtual time, waiting is free
    }
    if (looks < LOOKS && Schedulers.canSpin()) {
      backOff();
      return true;
    }
    if (looks == 0 && Schedulers.isOneBehind()) {
      Thread.yield();
      Waiter.check(reason, context); // the other may have run for long
      return true;
    }
    return false;
  }

  /** Whether only the goroutines of its bubble may use it. */
  boolean isExclusive() {
    return true;
  }

  /** The calling thread's waiter. Without memory for one, lets the lock go. */
  final Waiter currentWaiterLocked() {
    assert isHeld();
    try {
      return Waiter.current();
    } catch (Throwable e) {
      exit();
      throw e;
    }
  }

  /** For the waiters to wake. Without memory for it, releases the lock. */
  final Wakeups newWakeupsLocked() {
    assert isHeld();
    try {
      return new Wakeups();
    } catch (Throwable e) {
      exit();
      throw e;
    }
  }

  /** The number of the thread that has locked it; 0 if none has, or that is not known. */
  long holder() {
    return 0;
  }

  /** Takes a node out of its queue if it is still in one. */
  void withdraw(Node node) {
    enter();
    WaitQueue queue = node.queue;
    if (queue == null) {
      exit();
      return;
    }
    queue.remove(node);
    Wakeups wakeups = Wakeups.orAtOnce();
    withdrawnLocked(node, wakeups);
    exit();
    wakeups.wake();
  }

  /** Called when a waiter has given up: waiters that were only queued behind it may proceed. */
  void withdrawnLocked(Node node, Wakeups wakeups) {
    assert isHeld();
  }
}
