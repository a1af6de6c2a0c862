package io.heddle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Counts the active tasks of a group. A wait for the group waits for the end of the last one.
 *
 * <p>A group without active tasks is not yet over, as a loop may be about to start the next one. It
 * is over when the count is zero and the end matters: a wait finds the count at zero or is queued
 * when the count becomes zero, or the group was {@linkplain #whenOver sealed} before. A group that
 * is over stays over, and takes no more tasks.
 *
 * <p><b>Protocol.</b> A thread that depends on the end sets {@link #ATTENDED} in the word that has
 * the count, with the lock held. From then on, steps from zero and to zero are made with the lock
 * held, and all others without it. The group is declared over with the lock held, while the count
 * in that word is zero. So a task is either counted before the end, and the waits include it, or it
 * is refused.
 *
 * <p>What happens before {@link #remove} happens before the return of the waits that it ends.
 */
final class ActiveTasks extends Source<Void> {
  /** Set in the state while a wait may depend on the end, and when the group is over. */
  private static final int ATTENDED = 1 << 31;

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(ActiveTasks.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** What to do at the end. */
  private static final class Action {
    private final Runnable run;
    private @Nullable Action next;

    Action(Runnable run) {
      this.run = run;
    }
  }

  private final WaitReason reason;

  /** The count, and {@link #ATTENDED}. */
  private volatile int state;

  private volatile boolean over;

  /** Whether the group is over as soon as no task is active. Guarded. */
  private boolean sealed;

  /** Run by the thread that ends the group; the action added last comes first. Guarded. */
  private @Nullable Action actions;

  /**
   * Makes a count of zero.
   *
   * @param reason what a wait for the end is called
   */
  ActiveTasks(WaitReason reason) {
    this.reason = reason;
  }

  int count() {
    return state & ~ATTENDED;
  }

  boolean isOver() {
    return over;
  }

  /** Counts a task in; false if the group is over. */
  boolean add() {
    touch();
    for (int seen = state; seen != ATTENDED; seen = state) {
      if (STATE.compareAndSet(this, seen, seen + 1)) {
        return true;
      }
      backOff();
    }
    enter();
    boolean open = !over;
    if (open) {
      STATE.getAndAdd(this, 1);
    }
    exit();
    return open;
  }

  /**
   * Counts a task out, and ends the group if it was the last and a wait depends on it.
   *
   * @return how many are left
   */
  int remove() {
    touchToGive();
    for (int seen = state; seen != ATTENDED + 1; seen = state) {
      if (STATE.compareAndSet(this, seen, seen - 1)) {
        return (seen - 1) & ~ATTENDED;
      }
      backOff();
    }
    Wakeups wakeups = Wakeups.orAtOnce();
    Action reached = null;
    enter();
    int left = ((int) STATE.getAndAdd(this, -1) - 1) & ~ATTENDED;
    if (left == 0) {
      if (sealed || wakeups.claimFirst(receivers, null)) {
        reached = endLocked(wakeups);
      } else {
        state = 0; // those that depended on it have given up
      }
    }
    exit();
    wakeups.wake();
    run(reached);
    return left;
  }

  /**
   * Has an action run once the group is over, which from now on it is as soon as no task is active.
   */
  void whenOver(Runnable action) {
    touch();
    Action added = new Action(action);
    Wakeups wakeups = new Wakeups();
    Action reached = null;
    enter();
    added.next = actions;
    actions = added;
    sealed = true;
    if (isIdleLocked()) {
      reached = endLocked(wakeups);
    }
    exit();
    wakeups.wake();
    run(reached);
  }

  /**
   * Whether no task is active. The answer is valid until the lock is released. If it is no, the
   * step to zero will take the lock. So the caller can end the group, or queue.
   */
  private boolean isIdleLocked() {
    assert isHeld();
    STATE.getAndBitwiseOr(this, ATTENDED);
    return state == ATTENDED;
  }

  /** Only in the state {@link #ATTENDED}. Returns what to {@link #run} without the lock. */
  private @Nullable Action endLocked(Wakeups wakeups) {
    assert isHeld();
    over = true;
    wakeups.claimAll(receivers, null);
    Action reached = actions;
    actions = null;
    return reached;
  }

  /** Runs all actions, and then throws the first exception that one of them threw. */
  private static void run(@Nullable Action first) {
    Throwable failure = null;
    for (Action action = first; action != null; action = action.next) {
      try {
        action.run.run();
      } catch (RuntimeException | Error e) {
        failure = failure == null ? e : failure;
      }
    }
    switch (failure) {
      case Error error -> throw error;
      case RuntimeException exception -> throw exception;
      case null, default -> {}
    }
  }

  @Override
  boolean ready() {
    return over || isIdleLocked();
  }

  @Override
  boolean take(Node into, Wakeups wakeups) {
    into.item = null;
    if (!over && isIdleLocked()) {
      endLocked(wakeups); // it was not sealed, so there are no actions
    }
    return over;
  }

  @Override
  boolean seemsUnready() {
    VarHandle.fullFence(); // a look that finds nothing comes after this thread's earlier actions
    return count() > 0 && !over;
  }

  @Override
  boolean isEnded() {
    return over;
  }

  @Override
  public boolean isDrained() {
    return over;
  }

  @Override
  WaitReason reason() {
    return reason;
  }
}
