package io.heddle;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A task of a group, and what it has returned. Its goroutine keeps it until the end, as the mark of
 * being the group's, and then has it {@linkplain #leave leave} the group.
 */
final class GroupTask<T extends @Nullable Object> implements Task {
  private final TaskGroup<T> group;
  private final boolean returns;

  /** A {@link Task} or a {@link Callable}, until it begins; then what the callable returned. */
  private @Nullable Object work;

  /** Its permit, null if the group has no limit. */
  private @Nullable Semaphore place;

  private boolean left;

  // Where its goroutine is in the group's interrupter, if that is to interrupt it.
  private @Nullable Object @Nullable [] slots;
  private int slot;

  // Guarded by the results.
  @Nullable GroupTask<T> nextStarted;
  @Nullable GroupTask<T> nextEnded;

  GroupTask(TaskGroup<T> group, Task task) {
    this.group = group;
    this.work = Objects.requireNonNull(task, "go of a null task");
    this.returns = false;
  }

  GroupTask(TaskGroup<T> group, Callable<? extends T> task) {
    this.group = group;
    this.work = Objects.requireNonNull(task, "go of a null task");
    this.returns = true;
  }

  /** Whether it has a result, which the group keeps. */
  boolean returns() {
    return returns;
  }

  /** What it has returned. */
  @SuppressWarnings({"unchecked", "NullAway"}) // null only if a T can be
  T value() {
    return (T) work;
  }

  Context context() {
    return group.scope();
  }

  /**
   * Has a goroutine interrupted when the group's context is done, until it {@link #leaveContext}.
   */
  void joinContext(Cancellable goroutine) {
    group.interrupter().add(this, goroutine);
  }

  void hasSlot(@Nullable Object[] in, int index) {
    slots = in;
    slot = index;
  }

  void leaveContext() {
    @Nullable Object[] in = slots;
    if (in != null) {
      slots = null;
      GroupInterrupter.leave(in, slot);
    }
  }

  boolean isOf(TaskGroup<?> one) {
    return group == one;
  }

  void takes(Semaphore permit) {
    place = permit;
  }

  /** Has the work run within what has been captured. */
  void restore(Propagation propagation) {
    Object mine = Objects.requireNonNull(work);
    if (returns) {
      Task restoring = propagation.restoring(new Routine.Returning((Callable<?>) mine));
      work = ((Routine.Returning) restoring).callable();
    } else {
      work = propagation.restoring((Task) mine);
    }
  }

  @Override
  public void run() {
    try {
      // No variable holds the work: what it refers to can go while it runs.
      if (returns) {
        work = ((Callable<?>) begin()).call();
        group.returned(this);
      } else {
        ((Task) begin()).run();
      }
    } catch (Throwable e) {
      Routine.caught(e); // before the group's context ends, which may interrupt this goroutine
      group.failed(e);
    }
  }

  private Object begin() {
    Object begun = Objects.requireNonNull(work);
    work = null;
    return begun;
  }

  /** Gives back what it has taken. A place comes first: all are free when a wait returns. */
  void leave() {
    if (!left) {
      left = true;
      leaveContext(); // also if its goroutine could not be started
      Semaphore taken = place;
      try {
        if (taken != null) {
          taken.release();
        }
      } finally {
        group.left();
      }
    }
  }
}
