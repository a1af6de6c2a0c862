package io.heddle.race.shadow;

import io.heddle.race.clock.Epoch;
import io.heddle.race.clock.ThreadState;

/**
 * The last read of each thread, where reads are not ordered. An open hash table by slot. It is
 * guarded by the lock of the {@link Shadow}, but for {@link #has}, which may miss an entry.
 */
final class Readers {
  private static final int INITIAL = 8;

  private long[] epochs = new long[INITIAL];
  private int[] stacks = new int[INITIAL];
  private int size;

  /** Whether the read is noted, as far as that can be seen without the lock. */
  boolean has(long epoch) {
    long[] table = epochs;
    return table[Epoch.slot(epoch) & table.length - 1] == epoch;
  }

  void add(long epoch, int stack) {
    int at = find(epochs, Epoch.slot(epoch));
    if (epochs[at] == 0) {
      size++;
    }
    epochs[at] = epoch;
    stacks[at] = stack;
    if (size * 2 > epochs.length) {
      grow();
    }
  }

  private void grow() {
    long[] larger = new long[epochs.length * 2];
    int[] largerStacks = new int[larger.length];
    for (int i = 0; i < epochs.length; i++) {
      if (epochs[i] != 0) {
        int at = find(larger, Epoch.slot(epochs[i]));
        larger[at] = epochs[i];
        largerStacks[at] = stacks[i];
      }
    }
    epochs = larger;
    stacks = largerStacks;
  }

  /** The place of a slot's entry, or the free one for it. */
  private static int find(long[] table, int slot) {
    int at = slot & table.length - 1;
    while (table[at] != 0 && Epoch.slot(table[at]) != slot) {
      at = at + 1 & table.length - 1;
    }
    return at;
  }

  /** The place of a read that does not happen before what the thread does; -1 if all do. */
  int unordered(ThreadState thread) {
    for (int i = 0; i < epochs.length; i++) {
      if (epochs[i] != 0 && !thread.knows(epochs[i])) {
        return i;
      }
    }
    return -1;
  }

  long epoch(int at) {
    return epochs[at];
  }

  int stack(int at) {
    return stacks[at];
  }
}
