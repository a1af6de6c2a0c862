package io.heddle.scheduler;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A worker's own tasks: a bounded ring that its owner adds to at the tail and everybody takes from
 * at the head, as Go's local run queue.
 *
 * <p>{@code head} and {@code tail} count all tasks ever taken and added; they differ by the number
 * queued. Only the owner moves the tail. Taking means reading the slots first and then moving the
 * head with a compare-and-set: if that succeeds no other has taken them, and the owner cannot have
 * reused the slots, as it adds only where the head has passed. A stale read in between is dropped
 * with the failed compare-and-set.
 */
final class RunQueue {
  static final int CAPACITY = 256;

  private static final int MASK = CAPACITY - 1;
  private static final VarHandle HEAD;
  private static final VarHandle TAIL;
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Runnable[].class);

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      HEAD = lookup.findVarHandle(RunQueue.class, "head", int.class);
      TAIL = lookup.findVarHandle(RunQueue.class, "tail", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final Runnable[] NONE = {};

  private final @Nullable Runnable[] slots = new @Nullable Runnable[CAPACITY];
  private volatile int head;
  private volatile int tail;

  int size() {
    int first = head;
    return Math.max(0, (int) TAIL.getAcquire(this) - first);
  }

  /** How many tasks have been taken: unchanged, the first one still waits. */
  int taken() {
    return head;
  }

  /** Owner only. Adds a task; false if the ring is full. */
  boolean add(Runnable task) {
    int end = (int) TAIL.get(this);
    if (end - (int) HEAD.getAcquire(this) == CAPACITY) {
      return false;
    }
    SLOT.setRelease(slots, end & MASK, task);
    TAIL.setRelease(this, end + 1);
    return true;
  }

  /** Takes the task at the head; null if absent. */
  @Nullable Runnable poll() {
    while (true) {
      int first = (int) HEAD.getAcquire(this);
      if (first == (int) TAIL.getAcquire(this)) {
        return null;
      }
      Runnable task = (Runnable) SLOT.getAcquire(slots, first & MASK);
      if (HEAD.compareAndSet(this, first, first + 1)) {
        return task;
      }
    }
  }

  /** Whether the task at the head is a goroutine that has not begun. */
  boolean isUnstartedFirst() {
    int first = (int) HEAD.getAcquire(this);
    return first != (int) TAIL.getAcquire(this)
        && SLOT.getAcquire(slots, first & MASK) instanceof Unstarted;
  }

  /** Takes the task at the head if it is a goroutine that has not begun. */
  @Nullable Unstarted pollUnstarted() {
    while (true) {
      int first = (int) HEAD.getAcquire(this);
      if (first == (int) TAIL.getAcquire(this)
          || !(SLOT.getAcquire(slots, first & MASK) instanceof Unstarted goroutine)) {
        return null; // or another has just taken it, which is as good
      }
      if (HEAD.compareAndSet(this, first, first + 1)) {
        return goroutine;
      }
    }
  }

  /** Takes half of the tasks, at least one if there is one, in order. */
  Runnable[] stealHalf() {
    while (true) {
      int first = (int) HEAD.getAcquire(this);
      int size = (int) TAIL.getAcquire(this) - first;
      if (size <= 0) {
        return NONE;
      }
      if (size > CAPACITY) {
        continue; // the two reads do not belong together
      }
      Runnable[] half = new Runnable[size - size / 2];
      for (int i = 0; i < half.length; i++) {
        half[i] = (Runnable) SLOT.getAcquire(slots, (first + i) & MASK);
      }
      if (HEAD.compareAndSet(this, first, first + half.length)) {
        return half;
      }
    }
  }

  /** Owner only, with the ring empty: lets go of tasks that were taken long ago. */
  void forget() {
    Arrays.fill(slots, null);
  }
}
