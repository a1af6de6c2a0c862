package io.heddle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Alarms that are set, earliest first; one of a clock's several.
 *
 * <p>Most alarms never go off: they are stopped, as the time-outs of operations that succeed are,
 * or put off again and again. An alarm that is put off only gets a note of its new time. It stays
 * at its old place in the heap and moves when its old time comes. Go's timers do the same.
 *
 * <p>An alarm that is stopped leaves a small heap at once. In a large one that would touch too much
 * memory, so there it gets a note, too, and stays for a while. But what it refers to stays in
 * memory as well: a context, a goroutine, a class loader. So the heap is cleared out when half of
 * it was stopped, and in any case soon: {@link SystemClock} {@linkplain #tidy tidies} what is
 * {@linkplain #isUntidy untidy}.
 */
final class AlarmQueue extends SpinLock {
  /** A heap of this size is in a processor's cache. */
  private static final int FEW = 64;

  /** How many alarms are looked at while the lock is held. */
  private static final int BATCH = 512;

  private final AlarmHeap heap = new AlarmHeap();

  /** How many in the heap are not set. */
  private int stopped;

  /** How many were taken out and are not yet done. */
  private int goingOff;

  /** Whether some in the heap are not set. */
  private volatile boolean untidy;

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
      boolean wasSet = alarm.isSet;
      if (alarm.index < 0) {
        heap.add(alarm, deadline);
      } else {
        if (!wasSet) {
          stopped--;
        }
        if (deadline < alarm.key) {
          heap.move(alarm, deadline);
        }
      }
      alarm.deadline = deadline;
      alarm.isSet = true;
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
    try {
      boolean wasSet = alarm.isSet;
      if (wasSet) {
        alarm.isSet = false;
        if (heap.size() <= FEW) {
          heap.remove(alarm);
        } else {
          leaveLocked();
        }
      }
      return wasSet;
    } finally {
      exit();
    }
  }

  /** Leaves a stopped alarm where it is. */
  private void leaveLocked() {
    assert isHeld();
    stopped++;
    if (stopped > heap.size() / 2) {
      heap.retain(AlarmQueue::isSet);
      stopped = 0;
    } else if (!untidy) {
      untidy = true;
    }
  }

  /**
   * Takes out an alarm that has to go off now; null if absent.
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
        stopped--;
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
    Alarm first = heap.first();
    long key = first == null ? Clock.NEVER : first.key;
    if (earliest != key) {
      earliest = key;
    }
    exit();
    return due;
  }

  /** How many alarms are set. */
  int size() {
    enter();
    int size = heap.size() - stopped;
    exit();
    return size;
  }

  /** Some of the alarms that are set: mostly early ones, if there are more than a batch. */
  List<Alarm> some() {
    List<Alarm> some = new ArrayList<>(BATCH);
    enter();
    for (int i = 0; i < Math.min(BATCH, heap.size()); i++) {
      Alarm alarm = heap.get(i);
      if (alarm != null && alarm.isSet) {
        some.add(alarm);
      }
    }
    exit();
    return some;
  }

  /** Whether stopped alarms are in the heap, as far as is known without the lock. */
  boolean isUntidy() {
    return untidy;
  }

  /**
   * Takes the stopped alarms out of the heap, a few at a time, so that the lock is never held for
   * long. From the last to the first: what fills a gap comes from places that were looked at, or to
   * the gap itself, which is looked at again. What is stopped meanwhile may be missed.
   */
  void tidy() {
    untidy = false;
    int next = Integer.MAX_VALUE;
    while (next > 0) {
      enter();
      next = Math.min(next, heap.size());
      for (int end = Math.max(0, next - BATCH); next > end; ) {
        Alarm alarm = heap.get(next - 1);
        if (alarm != null && !alarm.isSet) {
          heap.remove(alarm);
          stopped--;
        } else {
          next--;
        }
      }
      if (next == 0 && stopped > 0) {
        untidy = true;
      }
      exit();
    }
  }

  /** Whether no alarm is set, and none is going off. */
  boolean isQuiet() {
    enter();
    boolean quiet = heap.size() == stopped && goingOff == 0;
    exit();
    return quiet;
  }

  private static boolean isSet(Alarm alarm) {
    return alarm.isSet;
  }
}
