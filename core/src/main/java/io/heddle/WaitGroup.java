package io.heddle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for a number of goroutines to finish: Go's {@code sync.WaitGroup}.
 *
 * {@snippet :
 * WaitGroup group = new WaitGroup();
 * for (int i = 0; i < 3; i++) {
 *   int id = i;
 *   group.go(() -> work(id));          // group.add(1), and group.done() at the end
 * }
 * group.await();
 * }
 *
 * <p>Unlike Go's it can be waited for with a context, for a limited time, and in a select.
 *
 * <p>A group can be used again once all waits of its last use have returned. An {@link #add} before
 * that throws an exception.
 *
 * <p>What happens before a {@link #done} happens before the return of every wait that it ends.
 */
public final class WaitGroup extends Waitable {
  // state: the counter in the upper half, the number of waits in the lower half. A wait is counted
  // from before it is queued until it has returned, which may be after the counter became zero. So
  // an add that finds the counter at zero and the lower half above zero has come too early.

  private static final long ONE = 1L << 32;

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(WaitGroup.class, "state", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final WaitQueue waiters = new WaitQueue();
  private volatile long state;

  /** Makes a group whose counter is zero. */
  public WaitGroup() {}

  /**
   * Adds to the counter: Go's {@code wg.Add(n)}. If it becomes zero, all waits return.
   *
   * @param delta what to add, possibly negative
   * @throws IllegalStateException if the counter would become negative or more than {@link
   *     Integer#MAX_VALUE}, or if it is zero and a wait of the group's last use has not returned
   *     yet
   */
  public void add(int delta) {
    touch();
    addTouched(delta);
  }

  private void addTouched(int delta) {
    while (true) {
      long seen = state;
      long sum = checkedSum(seen, delta);
      // Made before: there may be no memory, and then nothing must have happened.
      Wakeups wakeups = waiting(sum) > 0 && counter(sum) == 0 ? new Wakeups() : null;
      if (STATE.compareAndSet(this, seen, sum)) {
        if (wakeups != null) {
          letGo(wakeups);
        }
        return;
      }
      backOff();
    }
  }

  /** The state after an add. A state that is refused was never visible. */
  private static long checkedSum(long before, int delta) {
    int counter = counter(before);
    long sum = (long) counter + delta;
    if (sum < 0) {
      throw new IllegalStateException("negative WaitGroup counter");
    }
    if (sum > Integer.MAX_VALUE) {
      throw new IllegalStateException("WaitGroup counter above " + Integer.MAX_VALUE);
    }
    if (counter == 0 && delta > 0 && waiting(before) > 0) {
      throw new IllegalStateException(
          "add to a WaitGroup before a previous await on it has returned");
    }
    return before + delta * ONE;
  }

  /**
   * Subtracts one from the counter: Go's {@code wg.Done()}.
   *
   * @throws IllegalStateException if the counter is zero
   */
  public void done() {
    touchToGive();
    addTouched(-1);
  }

  /**
   * Starts a goroutine that the group waits for: Go's {@code wg.Go(f)}. What the task throws is
   * treated as in {@link Go#go(Task)}. If it ends the {@linkplain Go#run program}, a wait for this
   * group ends as {@linkplain Goroutine a join} does, with an {@link InterruptedException}.
   *
   * <p>There is no form for a {@link java.util.concurrent.Callable}, as a wait group collects no
   * results.
   *
   * @param task what to run
   * @return a handle
   * @throws IllegalStateException as {@link #add} does
   */
  public Goroutine<@Nullable Void> go(Task task) {
    return go(Context.background(), task);
  }

  /**
   * Starts a goroutine that the group waits for, under a context: see {@link Go#go(Context, Task)}.
   *
   * @param context whose end is to interrupt it
   * @param task what to run
   * @return a handle
   * @throws IllegalStateException as {@link #add} does
   */
  public Goroutine<@Nullable Void> go(Context context, Task task) {
    Objects.requireNonNull(context, "context");
    Objects.requireNonNull(task, "go of a null task");
    add(1);
    boolean started = false;
    try {
      Routine goroutine =
          Routine.start(Program.current(), null, context, new Counted(this, task), task);
      started = true;
      return goroutine.handle();
    } finally {
      if (!started) {
        done();
      }
    }
  }

  /**
   * Waits until the counter is zero: Go's {@code wg.Wait()}.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  public void await() throws InterruptedException {
    await(null, Clock.NEVER);
  }

  /**
   * Waits until the counter is zero, unless the context is done first.
   *
   * @param context ends the wait
   * @throws ContextException if the context is done
   * @throws InterruptedException if the thread is interrupted
   */
  public void await(Context context) throws InterruptedException {
    await(Objects.requireNonNull(context, "context"), Clock.NEVER);
  }

  /**
   * Waits a limited time until the counter is zero.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @throws TimeoutException if the time is over
   * @throws InterruptedException if the thread is interrupted
   */
  public void await(Duration timeout) throws InterruptedException, TimeoutException {
    if (!await(null, Program.current().clock().deadline(timeout))) {
      throw Waiter.timedOut(WaitReason.WAIT_GROUP, timeout);
    }
  }

  /** Waits; false if the deadline passes first. */
  private boolean await(@Nullable Context context, long deadline) throws InterruptedException {
    touch();
    Waiter.check(WaitReason.WAIT_GROUP, context);
    if (isZero()) {
      Routine.checkProgram(WaitReason.WAIT_GROUP);
      return true;
    }
    Waiter self = Waiter.current();
    enter();
    if (!registerLocked()) {
      exit();
      Routine.checkProgram(WaitReason.WAIT_GROUP);
      return true;
    }
    self.prepare(this, null);
    waiters.add(self);
    exit();
    if (!self.await(WaitReason.WAIT_GROUP, context, deadline)) {
      return false;
    }
    unregister();
    Routine.checkProgram(WaitReason.WAIT_GROUP);
    return true;
  }

  /**
   * Whether the counter is zero, so that a wait would return at once.
   *
   * @return true if it is
   */
  public boolean tryAwait() {
    touch();
    return isZero();
  }

  private boolean isZero() {
    return counter(state) == 0;
  }

  /**
   * A case that is chosen when the counter is zero.
   *
   * @return the case; its result is null
   */
  public Case<@Nullable Void> onAwait() {
    return onAwait(() -> null);
  }

  /**
   * A case that is chosen when the counter is zero.
   *
   * @param <R> the result
   * @param result called when the case is chosen
   * @return the case
   */
  public <R extends @Nullable Object> Case<R> onAwait(Supplier<? extends R> result) {
    return onAwait(result, () -> {});
  }

  /**
   * As {@link #onAwait(Supplier)}.
   *
   * @param whenChosen called when the case is chosen, even if its result is not used
   */
  <R extends @Nullable Object> Case<R> onAwait(Supplier<? extends R> result, Runnable whenChosen) {
    return new Case.Action<R>(this, result) {
      private boolean registered;

      @Override
      boolean ready() {
        return isZero();
      }

      @Override
      boolean complete(Wakeups wakeups) {
        registered = false;
        return isZero();
      }

      @Override
      boolean enqueue() {
        if (!registerLocked()) {
          return false;
        }
        registered = true;
        waiters.add(this);
        return true;
      }

      @Override
      @Nullable WaitReason joins() {
        return WaitReason.WAIT_GROUP;
      }

      @Override
      boolean settle() {
        if (registered) {
          unregister();
        }
        whenChosen.run();
        return true;
      }
    };
  }

  /** Counts a waiter in, unless the counter is zero. */
  private boolean registerLocked() {
    assert isHeld();
    long seen = state;
    while (counter(seen) > 0) {
      if (STATE.compareAndSet(this, seen, seen + 1)) {
        return true;
      }
      seen = state;
    }
    return false;
  }

  private void unregister() {
    STATE.getAndAdd(this, -1L);
  }

  /**
   * Releases the waits, unless the counter is no longer zero: then they have given up meanwhile,
   * and the group is in its next use.
   */
  private void letGo(Wakeups wakeups) {
    enter();
    if (isZero()) {
      for (Node node = waiters.poll(); node != null; node = waiters.poll()) {
        if (!wakeups.claim(node)) {
          unregister(); // in the place of a waiter that has given up
        }
      }
    }
    exit();
    wakeups.wake();
  }

  @Override
  void withdrawnLocked(Node node, Wakeups wakeups) {
    assert isHeld();
    unregister();
  }

  private static int counter(long state) {
    return (int) (state >> 32);
  }

  private static int waiting(long state) {
    return (int) state;
  }

  @Override
  public String toString() {
    return "WaitGroup[" + counter(state) + "]";
  }

  /** Runs a task that the group waits for. A lambda expression would need a frame more. */
  private record Counted(WaitGroup group, Task task) implements Task {
    @Override
    public void run() throws Exception {
      WaitGroup counting = group; // so that this object can go while the task runs
      try {
        task.run();
      } catch (Throwable e) {
        Routine.failing(e); // before a wait ends
        throw e;
      } finally {
        counting.done();
      }
    }
  }
}
