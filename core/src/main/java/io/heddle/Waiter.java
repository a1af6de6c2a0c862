package io.heddle;

import io.heddle.internal.Events;
import io.heddle.internal.Uninterruptibly.Wait;
import io.heddle.internal.Waits;
import io.heddle.jvm.Observers;
import io.heddle.scheduler.Recorder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread that waits: the one mechanism through which everything in Heddle blocks.
 *
 * <h2>Protocol</h2>
 *
 * <p>A wait takes four steps.
 *
 * <ol>
 *   <li><i>Prepare.</i> Holding the locks of all objects it will wait on, having seen that none of
 *       them is ready, the owner sets its state to {@code WAITING} and queues one {@link Node} on
 *       each: itself, or the cases of a select. Then it releases the locks.
 *   <li><i>Claim.</i> Whoever makes an object ready takes the object's lock, takes a node out of
 *       its queue, puts into the node what passes over, and then tries to change its waiter's state
 *       from {@code WAITING} to that node. Exactly one claim succeeds in each wait. A waker whose
 *       claim failed drops the node and takes the next. After a successful claim the waker must not
 *       touch the node again: the owner may already be using it for its next wait.
 *   <li><i>Wake.</i> The waker releases its lock, then unparks the thread.
 *   <li><i>Leave.</i> The owner, seeing its state changed, takes those of its nodes that did not
 *       win out of their queues, each under its object's lock.
 * </ol>
 *
 * <p>An owner that gives up (interrupted, deadline passed, context done) must claim itself: it
 * changes the state from {@code WAITING} to {@code WITHDRAWN}. If that fails, another claim came
 * first, the operation has happened, and the owner returns as if it had never wanted to give up (an
 * interrupt stays pending). That is why no element is lost or delivered twice.
 *
 * <p>An owner that cannot park gives up in the same way. To park, a goroutine needs its stack set
 * aside, which the JVM does frame by frame where frames are the interpreter's, on that same stack:
 * with more than about a third of the stack in use it throws a {@link StackOverflowError}. A wait
 * therefore ends by an exception only if the owner has withdrawn.
 *
 * <p><b>Invariants.</b> (1) A node is in a queue only while its waiter is between prepare and
 * leave. (2) A waiter's state leaves {@code WAITING} once in each wait. (3) When a wait is over no
 * other thread holds a reference to its nodes: a waker reads a node only under the lock of its
 * object, and the owner has passed through each of these locks, or was claimed through that node.
 * So a waiter and its nodes can be used again at once, and a goroutine's own are.
 *
 * <p><b>Seen waits.</b> Whoever looks at a program from outside may put a {@link Seen} in the place
 * of {@code WAITING}, once in a wait; it means the same. So an observer can tell whether a thread
 * is in the same wait as before, and for how long at least, and the thread itself does nothing for
 * it: no number is counted and no clock is read. Claims try {@code WAITING} first and then the
 * mark; there is no second mark, so these two tries are enough.
 *
 * <p><b>How each signal is caught.</b> A claim before the owner parks: the owner re-reads the state
 * before every park, and an unpark that comes first makes the next park return at once. That one
 * must be the owner's: nothing that may park, such as the wait for a {@link SpinLock}, comes
 * between the last look and it. An unpark that comes late, when the owner has already left, makes
 * some later park return early: the loop in {@link #sleep} looks again. Interrupts make park return
 * and are looked at in the same loop.
 *
 * <p><b>Happens-before.</b> What the waker did before its claim happens before what the owner does
 * after the wait, through {@code state}.
 */
class Waiter extends Node {
  /** How a wait ended. */
  enum End {
    /** A waker completed the operation. */
    CLAIMED,
    /** The thread was interrupted first. Its interrupt status has been cleared. */
    INTERRUPTED,
    /** The deadline passed first. */
    EXPIRED,
    /** The context was done first. */
    CANCELLED
  }

  private static final VarHandle STATE;
  private static final Node WAITING = new Mark();
  private static final Node WITHDRAWN = new Mark();

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(Waiter.class, "state", Node.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile @Nullable Node state;

  /** What it waits on as its own node. */
  private @Nullable Waitable on;

  /** Whether, in the midst of a wait, foreign code runs that may wait itself. */
  private boolean isBusy;

  /** Whether the present wait ends at a deadline, or with a context. For those who look on. */
  private boolean mayGiveUp;

  /**
   * What the thread waits for, or last waited for: the number of its {@link WaitReason}, 0 for
   * none. A byte, because there may be millions of goroutines.
   */
  private byte reason;

  /** The method that the user called, if it is made of several waits: see {@link #named}. */
  private byte called;

  /** The calling thread's waiter: a goroutine is its own, other threads get a new one. */
  static Waiter current() {
    Thread thread = Thread.currentThread();
    Routine goroutine = Routine.of(thread);
    return goroutine != null && !((Waiter) goroutine).isBusy ? goroutine : new ThreadWaiter(thread);
  }

  /**
   * Runs waits that dumps and exceptions show as one operation: a method of the API that is made of
   * others. The outermost counts. A thread that is not a goroutine shows the waits themselves.
   */
  static <X extends Exception> void named(WaitReason operation, Wait<X> waits)
      throws InterruptedException, X {
    Waiter self = Routine.of(Thread.currentThread());
    if (self == null || self.called != 0) {
      waits.await();
      return;
    }
    self.called = operation.number();
    try {
      waits.await();
    } finally {
      self.called = 0;
    }
  }

  /** What an exception of the calling thread's wait names. */
  static WaitReason shown(WaitReason reason) {
    Waiter self = Routine.of(Thread.currentThread());
    return self == null ? reason : self.nameOf(reason);
  }

  /** The waiter of a queued node. */
  static Waiter of(Node node) {
    return Objects.requireNonNull(node.waiter, "a queued node has a waiter");
  }

  /** The thread that waits here; null if it has gone on to something else. */
  @Nullable Thread sleeper() {
    throw new UnsupportedOperationException("no thread waits here");
  }

  /** What identifies the goroutine that waits here, or another thread, for observers. */
  long key() {
    throw new UnsupportedOperationException("no thread waits here");
  }

  /** Records an event of that goroutine, or other thread, if the recorder is on. */
  void record(int event, int argument) {
    throw new UnsupportedOperationException("no thread waits here");
  }

  /** Parks the thread, in real time and without a deadline. */
  void park() {
    LockSupport.park(this);
  }

  /** The clock by which this waiter's deadlines are measured. */
  Clock clock() {
    return Program.ambient().clock();
  }

  /** An alarm that unparks the thread; null if the thread uses no alarm of its own. */
  @Nullable Alarm wakeUpCall() {
    return null;
  }

  @Override
  final @Nullable Waitable on() {
    return on;
  }

  /**
   * Makes the waiter claimable. Call with all locks held, before the first node is queued: their
   * release publishes it.
   */
  final void prepare() {
    STATE.setOpaque(this, WAITING);
  }

  /** Prepares a wait on one object, as whose node the waiter is to be queued by the caller. */
  final void prepare(Waitable target, @Nullable Object offered) {
    on = target;
    waiter = this;
    item = offered;
    prepare();
  }

  /** The item in the waiter's own node. */
  final @Nullable Object takeItem() {
    Object taken = item;
    item = null;
    return taken;
  }

  /** Completes the wait in favour of the node; false if it was over already. */
  final boolean claim(Node node) {
    return STATE.compareAndSet(this, WAITING, node) || replaceSeen(node);
  }

  private boolean withdraw() {
    return STATE.compareAndSet(this, WAITING, WITHDRAWN) || replaceSeen(WITHDRAWN);
  }

  private boolean replaceSeen(Node by) {
    Node seen = state;
    if (seen instanceof Seen && STATE.compareAndSet(this, seen, by)) {
      seenWaitEnds();
      return true;
    }
    return false;
  }

  /** Told that a wait is over that had a mark, by who ended it. */
  void seenWaitEnds() {}

  /**
   * Leaves a mark in the present wait that stays until it is over, unless there is one already.
   *
   * @return the mark that the wait has, null if the thread does not wait
   */
  final @Nullable Seen see(Seen mark) {
    Node found = state;
    if (found == WAITING) {
      found = (Node) STATE.compareAndExchange(this, WAITING, mark);
      if (found == WAITING) {
        return mark;
      }
    }
    return found instanceof Seen seen ? seen : null;
  }

  /** The mark of the present wait, null if absent. */
  final @Nullable Seen seen() {
    return state instanceof Seen seen ? seen : null;
  }

  /**
   * Ends a wait that was prepared, but turned out not to be necessary.
   *
   * @return false if it was over already
   */
  final boolean abandon() {
    boolean isFirst = withdraw();
    leave();
    return isFirst;
  }

  /** The node that completed the last wait. */
  final @Nullable Node claimedBy() {
    return state;
  }

  /** Lets go of the node that completed the last wait, which may hold the received value. */
  final void forget() {
    STATE.setOpaque(this, null);
  }

  final boolean isWaiting() {
    return isWaiting(state);
  }

  private static boolean isWaiting(@Nullable Node state) {
    return state == WAITING || state instanceof Seen;
  }

  /** Whether the present wait may end without a claim by others, and without an interrupt. */
  final boolean mayGiveUp() {
    return mayGiveUp;
  }

  /** What dumps show: the method that the user called, or else the wait itself. */
  final @Nullable WaitReason reason() {
    byte method = called; // read once: the wait may end meanwhile
    return WaitReason.of(method == 0 ? reason : method);
  }

  /** As {@link #reason()}, for the goroutine itself. */
  private WaitReason nameOf(WaitReason reason) {
    return called == 0 ? reason : Objects.requireNonNull(WaitReason.of(called));
  }

  /** Told of the select that the next wait is for, and of null when it is over. */
  void inSelect(@Nullable Select select) {}

  /** Told of the end of a context that ends the next wait, too, and of null when it is over. */
  void under(@Nullable Waitable done) {}

  /** Lets the thread run. Call after a successful claim, holding no lock. */
  void wake() {
    clock().unpark(this);
  }

  /**
   * Wakes claimed waiters. One that cannot be woken, because there is no memory for what it starts,
   * say, does not keep the others asleep.
   */
  static void wakeAll(Iterable<Waiter> claimed) {
    Throwable failure = null;
    for (Waiter waiter : claimed) {
      try {
        waiter.wake();
      } catch (Throwable e) {
        failure = failure == null ? e : failure;
      }
    }
    rethrow(failure);
  }

  /** Throws the exception that was caught before all others were woken, if there is one. */
  static void rethrow(@Nullable Throwable failure) {
    if (failure instanceof Error e) {
      throw e;
    } else if (failure instanceof RuntimeException e) {
      throw e;
    }
  }

  /**
   * Sleeps until claimed, interrupted, the deadline passes or the context is done, whichever comes
   * first. Unless the end is {@link End#CLAIMED}, the caller has to take its nodes out of their
   * queues, also if a foreign context throws.
   *
   * @param deadline by {@link #clock}, {@link Clock#NEVER} for none
   * @param interruptible false if interrupts are only to stay pending
   */
  final End sleep(
      WaitReason reason, @Nullable Context context, long deadline, boolean interruptible) {
    this.reason = reason.number();
    Case<?> done = null;
    boolean interrupted = false;
    boolean watches = true;
    long since = Waits.areSampled() ? System.nanoTime() : 0;
    Object wait = Events.areMade() ? Events.waits() : null;
    End end;
    try {
      done = context == null ? null : watchUnlessClaimed(context);
      if (done != null) {
        under(done.on());
      }
      mayGiveUp = done != null || deadline != Clock.NEVER;
      if (Recorder.isOn()) {
        record(Recorder.WAIT, nameOf(reason).number());
      }
      while (true) {
        Node by = state;
        if (!isWaiting(by)) {
          watches = by == null || by != done;
          end = watches ? End.CLAIMED : End.CANCELLED;
          break;
        }
        if (Thread.interrupted()) {
          interrupted = true;
          if (interruptible && withdraw()) {
            interrupted = false;
            end = End.INTERRUPTED;
            break;
          }
          continue;
        }
        if (deadline != Clock.NEVER && clock().nanoTime() >= deadline) {
          if (withdraw()) {
            end = End.EXPIRED;
            break;
          }
          continue;
        }
        try {
          clock().park(this, deadline);
        } catch (Throwable e) { // see below, and the bubble may be given up
          if (!interruptible && e instanceof StackOverflowError) {
            SpinLock.backOff(); // this wait must not fail: it has to keep its carrier
          } else if (withdraw()) {
            throw e;
          }
        }
      }
    } finally {
      mayGiveUp = false;
      if (Recorder.isOn()) {
        record(Recorder.RESUME, 0);
      }
      if (since != 0) {
        Node by = state;
        Waits.ended(nameOf(reason), System.nanoTime() - since, by == null ? null : by.item);
      }
      if (wait != null) {
        Routine.waited(wait, nameOf(reason));
      }
      if (done != null) {
        under(null);
        if (watches) {
          done.leave();
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return end;
  }

  /** As {@link #watch}. If that fails after a claim, the operation has happened all the same. */
  private @Nullable Case<?> watchUnlessClaimed(Context context) {
    try {
      return watch(context);
    } catch (Throwable e) { // of a foreign context
      if (withdraw()) {
        throw e;
      }
      return null;
    }
  }

  /** Has the context end this wait when it is done; null if it never will be. */
  private @Nullable Case<?> watch(Context context) {
    Case<?> done;
    isBusy = true;
    try {
      done = context.done().onReceive();
    } finally {
      isBusy = false;
    }
    Waitable on = done.on();
    if (on == null) {
      return null;
    }
    on.enter();
    if (done.ready()) {
      claim(done); // a failed claim means that the operation came first
    } else {
      done.waiter = this;
      done.enqueue();
    }
    on.exit();
    return done;
  }

  /**
   * Sleeps as {@link #sleep} does on behalf of a wait on one object. Throws if the thread is
   * interrupted or the context is done.
   *
   * @return false if the deadline passed first
   */
  final boolean await(WaitReason reason, @Nullable Context context, long deadline)
      throws InterruptedException {
    if (context == null && deadline == Clock.NEVER) {
      await(reason);
      return true;
    } else {
      End end;
      try {
        end = sleep(reason, context, deadline, true);
      } catch (Throwable e) {
        abandon();
        throw e;
      }
      return finish(end, reason, context);
    }
  }

  /**
   * As {@link #sleep} until claimed or interrupted. Most goroutines that are blocked are blocked
   * here, and what that costs is mostly their stacks: hence so few frames and variables.
   */
  final void await(WaitReason reason) throws InterruptedException {
    if (Observers.WANTED) {
      if (Waits.areSampled() || Events.areMade()) {
        finish(sleep(reason, null, Clock.NEVER, true), reason, null);
        return;
      }
      if (Recorder.isOn()) {
        record(Recorder.WAIT, nameOf(reason).number());
      }
    }
    this.reason = reason.number();
    while (isWaiting(state) && !Thread.currentThread().isInterrupted()) {
      try {
        if (clock() == SystemClock.INSTANCE) {
          park();
        } else {
          clock().park(this, Clock.NEVER);
        }
      } catch (Throwable e) {
        if (withdraw()) {
          leave();
          throw e;
        }
      }
    }
    if (Recorder.isOn()) {
      record(Recorder.RESUME, 0);
    }
    if (isWaiting(state)) {
      finish(sleep(reason, null, Clock.NEVER, true), reason, null);
    } else {
      on = null;
    }
  }

  /** As {@link #await}, but interrupts only stay pending: for the way back into a lock. */
  final void awaitUninterruptibly(WaitReason reason) {
    sleep(reason, null, Clock.NEVER, false);
    on = null;
  }

  private boolean finish(End end, WaitReason reason, @Nullable Context context)
      throws InterruptedException {
    if (end == End.CLAIMED) {
      on = null;
      return true;
    }
    leave();
    if (end == End.EXPIRED) {
      return false;
    }
    throw failure(end, reason, context);
  }

  /** Takes itself, as its own node, out of the queue it is in. */
  private void leave() {
    Waitable target = on;
    if (target != null) {
      target.withdraw(this);
      on = null;
    }
    item = null;
  }

  /** The exception that tells the caller of a blocking operation why it did not happen. */
  static InterruptedException failure(End end, WaitReason reason, @Nullable Context context) {
    return switch (end) {
      case INTERRUPTED -> new InterruptedException(shown(reason).toString());
      case CANCELLED -> throw ContextException.of(shown(reason).toString(), context);
      case CLAIMED, EXPIRED -> throw new AssertionError("the caller's to handle: " + end);
    };
  }

  /** What an operation throws that was given a limited time, and did not happen in it. */
  static TimeoutException timedOut(Object operation, Duration timeout) {
    String time = timeout.toString().substring("PT".length()).toLowerCase(Locale.ROOT);
    Object shown = operation instanceof WaitReason reason ? shown(reason) : operation;
    return new TimeoutException(shown + ": timed out after " + time);
  }

  /** Throws if the operation must not even start: interrupted, or its context done. */
  static void check(WaitReason reason, @Nullable Context context) throws InterruptedException {
    // The interrupt is looked at first: if it came from the context, that is seen to be done after.
    boolean interrupted = Thread.currentThread().isInterrupted();
    checkContext(reason, context);
    if (interrupted && Thread.interrupted()) {
      throw new InterruptedException(shown(reason).toString());
    }
  }

  /** Throws if the operation must not start because its context is done. */
  static void checkContext(WaitReason reason, @Nullable Context context) {
    if (context != null) {
      // Asked for here, before anything is queued: a context may be foreign code.
      Objects.requireNonNull(context.done(), "done() of a context");
      if (context.error() != null) {
        throw ContextException.of(shown(reason).toString(), context);
      }
    }
  }

  /** A state in which no node has won. */
  static class Mark extends Node {
    @Override
    final @Nullable Waitable on() {
      return null;
    }
  }

  /**
   * A state that means the same as {@code WAITING}, and that it was seen. Made and left with {@link
   * Watch#MARKING} locked: a mark made earlier would make a later wait seem the older one.
   */
  static final class Seen extends Mark {
    /** When, by the system's clock. */
    final long at = System.nanoTime();
  }

  /** The waiter of a thread that is not a goroutine, for one wait. */
  private static final class ThreadWaiter extends Waiter {
    private final Thread thread;

    ThreadWaiter(Thread thread) {
      this.thread = thread;
    }

    @Override
    Thread sleeper() {
      return thread;
    }

    @Override
    long key() {
      Routine routine = Routine.of(thread);
      return routine == null ? thread.threadId() : routine.key();
    }

    @Override
    void record(int event, int argument) {
      Routine routine = Routine.of(thread);
      if (routine == null) {
        Recorder.record(event, argument, thread.threadId());
      } else {
        routine.record(event, argument);
      }
    }
  }
}
