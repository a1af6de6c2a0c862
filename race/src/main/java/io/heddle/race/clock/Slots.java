package io.heddle.race.clock;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives each thread a slot in the vector clocks.
 *
 * <p>A slot is used again only if the end of its last owner happens before the start of the new
 * one. Otherwise the accesses of the two would look like those of one thread, and a race between
 * them would not be found. Its time goes on from where the last owner left it.
 */
final class Slots {
  /** What fits into an epoch. */
  static final int MAX = 1 << 23;

  /** How many freed slots a start looks at: a program that joins its goroutines needs few. */
  private static final int LOOKS = 8;

  /** A slot whose owner has ended, and its last time. */
  private record Freed(int slot, long time) {}

  /** How many owners of a slot a report can name: a variable may have been left long ago. */
  private static final int OWNERS = 16;

  private final Deque<Freed> freed = new ArrayDeque<>();

  /** By slot, the last owners, the newest first. */
  private final List<Deque<Owner>> owners = new ArrayList<>();

  /** Who has the slot from a time on. */
  private record Owner(long since, ThreadState thread) {}

  /** The epoch at which a thread begins whose starter has the clock. */
  synchronized long take(VectorClock starter, ThreadState thread) {
    for (int looks = Math.min(LOOKS, freed.size()); looks > 0; looks--) {
      Freed candidate = freed.removeFirst();
      if (starter.get(candidate.slot) >= candidate.time) {
        return give(candidate.slot, candidate.time + 1, thread);
      }
      freed.addLast(candidate);
    }
    if (owners.size() == MAX) {
      throw new IllegalStateException(
          "heddle race: more than " + MAX + " goroutines and threads that nobody has waited for");
    }
    owners.add(new ArrayDeque<>(1));
    return give(owners.size() - 1, 1, thread);
  }

  private long give(int slot, long time, ThreadState thread) {
    Deque<Owner> known = owners.get(slot);
    if (known.size() == OWNERS) {
      known.removeLast();
    }
    known.addFirst(new Owner(time, thread));
    return Epoch.of(slot, time);
  }

  synchronized void free(long epoch) {
    freed.addFirst(new Freed(Epoch.slot(epoch), Epoch.time(epoch)));
  }

  /** Whose epoch it is; null if that was too long ago. */
  synchronized @Nullable ThreadState owner(long epoch) {
    for (Owner owner : owners.get(Epoch.slot(epoch))) {
      if (owner.since <= Epoch.time(epoch)) {
        return owner.thread;
      }
    }
    return null;
  }
}
