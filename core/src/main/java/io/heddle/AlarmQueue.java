package io.heddle;

import org.jspecify.annotations.Nullable;

/**
 * Alarms that are set, earliest first; one of a clock's several.
 *
 * <p>Most alarms never go off: they are stopped, as the time-outs of operations that succeed are,
 * or put off again and again. An alarm that is put off only gets a note of its new time. It stays
 * at its old place in the heap and moves when its old time comes.
 *
 * <p>An alarm that is stopped leaves the heap at once. If it stayed until its time came, what it
 * refers to would stay in memory for as long: a context, a goroutine, a class loader. Leaving is
 * cheap: the last leaf of the heap fills the gap, and three quarters of all places are leaves, where
 * it can stay.
 */
final class AlarmQueue extends SpinLock {
  private final AlarmHeap heap = new AlarmHeap();

  /** How many were taken out and are not yet done. */
  private int goingOff;

  /**
   * Nothing is due before. It may be earlier than the first in the heap if that was stopped or put
   * off, until the time has come: to correct it at once would cost each time-out two more writes
   * that other processors see.
   */
  private volatile long earliest = Clock.NEVER;

  /** When there may be something to do, {@link Clock#NEVER} if nothing is set. Without the lock. */
  long earliest() {
    return earliest;
  }

  /** Sets an alarm, to whatever time; whether it was set before. */
  boolean start(Alarm alarm, long deadline) {
    enter();
    try {
      boolean wasSet = alarm.index >= 0;
      if (!wasSet) {
        heap.add(alarm, deadline);
      } else if (deadline < alarm.key) {
        heap.move(alarm, deadline);
      }
      alarm.deadline = deadline;
      if (deadline < earliest) {
        earliest = deadline;
      }
      return wasSet;
    } finally {
      exit();
    }
  }

  /** Stops an alarm; false if it was not set. */
  boolean stop(Alarm alarm) {
    enter();
    boolean wasSet = heap.remove(alarm);
    exit();
    return wasSet;
  }

  /**
   * Takes out an alarm that has to go off now; null if there is none.
   *
   * @param again whether the one that the caller took out before is done
   */
  @Nullable Alarm pollDue(long now, boolean again) {
    enter();
    if (again) {
      goingOff--;
    }
    Alarm due = null;
    Alarm first = heap.first();
    while (first != null && first.key <= now && due == null) {
      if (first.deadline > first.key) {
        heap.move(first, first.deadline);
      } else {
        heap.remove(first);
        goingOff++;
        due = first;
      }
      first = heap.first();
    }
    long key = first == null ? Clock.NEVER : first.key;
    if (earliest != key) {
      earliest = key;
    }
    exit();
    return due;
  }

  /** Whether no alarm is set, and none is going off. */
  boolean isQuiet() {
    enter();
    boolean quiet = heap.size() == 0 && goingOff == 0;
    exit();
    return quiet;
  }
}
