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
 * them would not be found. Its time continues from where the last owner left it.
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

  /** By slot, the last owner, which knows the one before. */
  private final List<ThreadState> owners = new ArrayList<>();

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
    owners.add(thread);
    thread.owns(1, null);
    return Epoch.of(owners.size() - 1, 1);
  }

  private long give(int slot, long time, ThreadState thread) {
    ThreadState before = owners.set(slot, thread);
    thread.owns(time, before);
    for (int i = 2; i < OWNERS && before != null; i++) {
      before = before.ownerBefore();
    }
    if (before != null) {
      before.forgetOwnerBefore();
    }
    return Epoch.of(slot, time);
  }

  synchronized void free(long epoch) {
    freed.addFirst(new Freed(Epoch.slot(epoch), Epoch.time(epoch)));
  }

  /** Whose epoch it is; null if that was too long ago. */
  synchronized @Nullable ThreadState owner(long epoch) {
    ThreadState owner = owners.get(Epoch.slot(epoch));
    while (owner != null && owner.ownsSince() > Epoch.time(epoch)) {
      owner = owner.ownerBefore();
    }
    return owner;
  }
}
