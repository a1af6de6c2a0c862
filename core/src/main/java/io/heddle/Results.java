package io.heddle;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the tasks of a group have returned: all of it in the order in which they were started, and a
 * channel that yields it in the order in which they ended.
 *
 * <p>The tasks themselves are the elements of two lists, so that nothing is allocated under the
 * lock. Its buffer has no limit: the group keeps its results in any case.
 */
final class Results<T extends @Nullable Object> extends Source<T> {
  private @Nullable GroupTask<T> firstStarted;
  private @Nullable GroupTask<T> lastStarted;

  /** Those that have ended and have not been received yet. */
  private @Nullable GroupTask<T> firstEnded;

  private @Nullable GroupTask<T> lastEnded;
  private int waiting;

  /** Changes once, under the lock, and is read without it. */
  private volatile boolean closed;

  /** Gives a task its place, before it runs. */
  void started(GroupTask<T> task) {
    enter();
    GroupTask<T> last = lastStarted;
    lastStarted = task;
    if (last == null) {
      firstStarted = task;
    } else {
      last.nextStarted = task;
    }
    exit();
  }

  /** Hands over what a task has returned. A channel has no nulls. */
  void ended(GroupTask<T> task) {
    T value = task.value();
    if (value == null) {
      return;
    }
    Wakeups wakeups = Wakeups.orAtOnce();
    enter();
    if (!wakeups.claimFirst(receivers, value)) {
      GroupTask<T> last = lastEnded;
      lastEnded = task;
      if (last == null) {
        firstEnded = task;
      } else {
        last.nextEnded = task;
      }
      waiting++;
    }
    exit();
    wakeups.wake();
  }

  void close() {
    Wakeups wakeups = Wakeups.orAtOnce();
    enter();
    closed = true;
    wakeups.claimAll(receivers, null);
    exit();
    wakeups.wake();
  }

  /**
   * The results of all tasks, none of which has failed or is active, in the order of their start.
   */
  List<T> inOrder() {
    List<T> values = new ArrayList<>();
    for (GroupTask<T> task = firstStarted; task != null; task = task.nextStarted) {
      values.add(task.value());
    }
    return Collections.unmodifiableList(values);
  }

  @Override
  boolean ready() {
    return firstEnded != null || closed;
  }

  @Override
  boolean take(Node into, Wakeups wakeups) {
    GroupTask<T> task = firstEnded;
    if (task == null) {
      into.item = null;
      return closed;
    }
    firstEnded = task.nextEnded;
    if (firstEnded == null) {
      lastEnded = null;
    }
    waiting--;
    into.item = task.value();
    return true;
  }

  @Override
  boolean isEnded() {
    return closed && firstEnded == null;
  }

  @Override
  public boolean isDrained() {
    return isEnded();
  }

  @Override
  public int len() {
    enter();
    int len = waiting;
    exit();
    return len;
  }

  @Override
  WaitReason reason() {
    return WaitReason.CHAN_RECEIVE;
  }
}
