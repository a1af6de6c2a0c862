package io.heddle;

import org.jspecify.annotations.Nullable;

/**
 * Alarms that are set, earliest first; one of a clock's several.
 *
 * <p>Most alarms never go off: they are taken back, as the time-outs of what succeeds are, or put
 * off again and again. So both only make a note in the alarm. It stays where it is in the heap, at
 * its old time, and is looked at when that comes: dropped if it was taken back, or moved to its new
 * place. Only an alarm put forward moves at once. When half of the heap was taken back, it is
 * cleared out, so that what stays there needlessly is bounded. Go's timers do the same.
 */
final class AlarmQueue extends SpinLock {
  /** Too few to be worth clearing out. */
  private static final int FEW = 64;

  private final AlarmHeap heap = new AlarmHeap();

  /** How many in the heap are not set. */
  private int takenBack;

  /** How many were taken out and are not yet done. */
  private int goingOff;

  /** The key of the first in the heap. Nothing is due before. */
  private volatile long earliest = Clock.NEVER;

  /** When there may be something to do, {@link Clock#NEVER} if nothing is set. Without the lock. */
  long earliest() {
    return earliest;
  }

  /** Sets an alarm, to whatever time; whether it was set before. */
  boolean start(Alarm alarm, long deadline) {
    enter();
    try {
      boolean wasSet = alarm.isSet;
      if (alarm.index < 0) {
        heap.add(alarm, deadline);
        lookAtFirst();
      } else {
        if (!wasSet) {
          takenBack--;
        }
        if (deadline < alarm.key) {
          heap.move(alarm, deadline);
          lookAtFirst();
        }
      }
      alarm.deadline = deadline;
      alarm.isSet = true;
      return wasSet;
    } finally {
      exit();
    }
  }

  /** Takes an alarm back; false if it was not set. */
  boolean stop(Alarm alarm) {
    enter();
    try {
      boolean wasSet = alarm.isSet;
      if (wasSet) {
        alarm.isSet = false;
        takenBack++;
        if (takenBack > FEW && takenBack > heap.size() / 2) {
          heap.retain(AlarmQueue::isSet);
          takenBack = 0;
          lookAtFirst();
        }
      }
      return wasSet;
    } finally {
      exit();
    }
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
    for (Alarm first = heap.first(); first != null && first.key <= now; first = heap.first()) {
      if (!first.isSet) {
        heap.remove(first);
        takenBack--;
      } else if (first.deadline > first.key) {
        heap.move(first, first.deadline);
      } else {
        heap.remove(first);
        first.isSet = false;
        goingOff++;
        due = first;
        break;
      }
    }
    lookAtFirst();
    exit();
    return due;
  }

  /** Whether no alarm is set, and none is going off. */
  boolean isQuiet() {
    enter();
    boolean quiet = heap.size() == takenBack && goingOff == 0;
    exit();
    return quiet;
  }

  private static boolean isSet(Alarm alarm) {
    return alarm.isSet;
  }

  private void lookAtFirst() {
    Alarm first = heap.first();
    long key = first == null ? Clock.NEVER : first.key;
    if (earliest != key) {
      earliest = key;
    }
  }
}
