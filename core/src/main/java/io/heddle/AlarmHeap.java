package io.heddle;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Alarms by {@link Alarm#key}: a heap whose nodes have four children, as Go's timer heap, which is
 * half as deep as a binary one and touches fewer cache lines. Not safe for concurrent use.
 */
final class AlarmHeap {
  private static final int CHILDREN = 4;

  private @Nullable Alarm[] heap = new Alarm[16];
  private int size;

  int size() {
    return size;
  }

  /** The alarm with the least key, null if absent. */
  @Nullable Alarm first() {
    return heap[0];
  }

  /** The alarm at a place, null if absent. */
  @Nullable Alarm get(int index) {
    return heap[index];
  }

  void add(Alarm alarm, long key) {
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, size * 2);
    }
    alarm.key = key;
    siftUp(size++, alarm);
  }

  /** Takes an alarm out; false if it is not in. */
  boolean remove(Alarm alarm) {
    int index = alarm.index;
    if (index < 0 || index >= size || heap[index] != alarm) {
      return false;
    }
    alarm.index = -1;
    Alarm last = at(--size);
    heap[size] = null;
    if (last != alarm) {
      siftDown(index, last);
      if (heap[index] == last) {
        siftUp(index, last);
      }
    }
    return true;
  }

  /** Moves an alarm that is in to where it belongs with another key. */
  void move(Alarm alarm, long key) {
    boolean later = key > alarm.key;
    alarm.key = key;
    if (later) {
      siftDown(alarm.index, alarm);
    } else {
      siftUp(alarm.index, alarm);
    }
  }

  /** Takes out all but some. */
  void retain(Predicate<Alarm> kept) {
    int before = size;
    size = 0;
    for (int i = 0; i < before; i++) {
      Alarm alarm = at(i);
      if (kept.test(alarm)) {
        put(size++, alarm);
      } else {
        alarm.index = -1;
      }
    }
    Arrays.fill(heap, size, before, null);
    for (int i = (size - 2) / CHILDREN; i >= 0 && size > 1; i--) {
      siftDown(i, at(i));
    }
  }

  private Alarm at(int index) {
    return Objects.requireNonNull(heap[index], "a hole in the heap");
  }

  private void put(int index, Alarm alarm) {
    heap[index] = alarm;
    alarm.index = index;
  }

  private void siftUp(int from, Alarm alarm) {
    int index = from;
    while (index > 0) {
      int parent = (index - 1) / CHILDREN;
      Alarm above = at(parent);
      if (above.key <= alarm.key) {
        break;
      }
      put(index, above);
      index = parent;
    }
    put(index, alarm);
  }

  private void siftDown(int from, Alarm alarm) {
    int index = from;
    while (true) {
      int child = index * CHILDREN + 1;
      if (child >= size) {
        break;
      }
      int least = child;
      for (int i = child + 1; i < Math.min(child + CHILDREN, size); i++) {
        if (at(i).key < at(least).key) {
          least = i;
        }
      }
      if (at(least).key >= alarm.key) {
        break;
      }
      put(index, at(least));
      index = least;
    }
    put(index, alarm);
  }
}
