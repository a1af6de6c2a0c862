package io.heddle;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The goroutines of a program that have not ended, in lists that are linked through them: adding
 * one allocates nothing. It holds on to them, but for those that have waited for long: see {@link
 * Dormant}.
 */
final class Registry {
  static final int SHARDS = 16;

  private final Shard[] shards = new Shard[SHARDS];

  Registry() {
    for (int i = 0; i < SHARDS; i++) {
      shards[i] = new Shard();
    }
  }

  void add(Routine routine) {
    shard(routine).add(routine);
  }

  void remove(Routine routine) {
    shard(routine).remove(routine);
  }

  Shard shard(Routine routine) {
    return shards[(int) routine.id() & (SHARDS - 1)];
  }

  /** All of them, by number. */
  List<Routine> all() {
    return all(routine -> true);
  }

  /** All that a quick test is true for, by number. */
  List<Routine> all(Predicate<Routine> test) {
    List<Routine> all = new ArrayList<>();
    for (Shard shard : shards) {
      shard.addAllTo(all, test);
    }
    all.sort((a, b) -> Long.compare(a.id(), b.id()));
    return all;
  }

  int size() {
    int size = 0;
    for (Shard shard : shards) {
      size += shard.size();
    }
    return size;
  }

  /** A goroutine that is not asleep; null if all are. The test is quick. */
  @Nullable Routine firstAwake(Pass pass) {
    for (Shard shard : shards) {
      Routine found = shard.firstAwake(pass);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  List<Shard> shards() {
    return List.of(shards);
  }

  /** A pass over all goroutines. */
  interface Pass {
    boolean isAsleep(Routine routine);

    /** Told of one that is certainly asleep. */
    void dormant();
  }

  /** Some of the goroutines. */
  static final class Shard extends SpinLock {
    private @Nullable Routine first;
    private @Nullable Dormant firstDormant;

    private void add(Routine routine) {
      enter();
      link(routine);
      exit();
    }

    private void link(Routine routine) {
      Routine head = first;
      routine.older(head);
      if (head != null) {
        head.younger = routine;
      }
      first = routine;
    }

    private void remove(Routine routine) {
      enter();
      Dormant place = routine.dormant();
      if (place == null) {
        unlink(routine);
      } else {
        place.clear(); // it has ended, and the collector may have it
        unlink(place);
      }
      exit();
    }

    private void unlink(Routine routine) {
      Routine before = routine.younger;
      Routine after = routine.older();
      if (before != null) {
        before.older(after);
      } else if (first == routine) {
        first = after;
      }
      if (after != null) {
        after.younger = before;
      }
      routine.younger = null;
      routine.older(null);
    }

    private void unlink(Dormant place) {
      Dormant before = place.previous;
      Dormant after = place.next;
      if (before != null) {
        before.next = after;
      } else if (firstDormant == place) {
        firstDormant = after;
      }
      if (after != null) {
        after.previous = before;
      }
      place.previous = null;
      place.next = null;
    }

    /** Puts it in the place of its goroutine; false if that has ended. */
    boolean replace(Routine routine, Dormant place) {
      enter();
      boolean lives = !routine.isDone(); // which comes before it is removed
      if (lives) {
        unlink(routine);
        Dormant head = firstDormant;
        place.next = head;
        if (head != null) {
          head.previous = place;
        }
        firstDormant = place;
        routine.dormant(place);
      }
      exit();
      return lives;
    }

    /** Takes hold of a goroutine again whose place the collector has cleared. */
    void revive(Routine routine, Dormant cleared) {
      enter();
      unlink(cleared);
      routine.older(null);
      if (!routine.isDone()) {
        link(routine);
      }
      exit();
    }

    /** Removes one whose goroutine the collector has taken. */
    void remove(Dormant gone) {
      enter();
      unlink(gone);
      exit();
    }

    private @Nullable Routine firstAwake(Pass pass) {
      enter();
      try {
        for (Routine routine = first; routine != null; routine = routine.older()) {
          if (!pass.isAsleep(routine)) {
            return routine;
          }
        }
        for (Dormant place = firstDormant; place != null; place = place.next) {
          Routine routine = place.awake();
          if (routine != null && !pass.isAsleep(routine)) {
            return routine;
          } else if (routine == null && !place.isGone()) {
            pass.dormant();
          }
        }
        return null;
      } finally { // there may be no memory for the pass
        exit();
      }
    }

    private void addAllTo(List<Routine> all, Predicate<Routine> test) {
      enter();
      try {
        addFirstTo(all, test);
        for (Dormant place = firstDormant; place != null; place = place.next) {
          Routine routine = place.awake();
          addTo(all, routine != null ? routine : place.get(), test);
        }
      } finally { // there may be no memory for them
        exit();
      }
    }

    /**
     * Adds those that it holds on to; of those without a {@link Dormant} none if it has so many of
     * that already.
     *
     * @return how many more it may have
     */
    int addAwakeTo(List<Routine> all, int mostDormant) {
      enter();
      try {
        int room = mostDormant;
        for (Dormant place = firstDormant; place != null; place = place.next) {
          addTo(all, place.awake(), routine -> true);
          room--;
        }
        if (room > 0) {
          addFirstTo(all, routine -> true);
        }
        return room;
      } finally {
        exit();
      }
    }

    private void addFirstTo(List<Routine> all, Predicate<Routine> test) {
      for (Routine routine = first; routine != null; routine = routine.older()) {
        addTo(all, routine, test);
      }
    }

    private static void addTo(
        List<Routine> all, @Nullable Routine routine, Predicate<Routine> test) {
      // One that has ended is about to be removed.
      if (routine != null && !routine.isDone() && test.test(routine)) {
        all.add(routine);
      }
    }

    private int size() {
      int size = 0;
      enter();
      for (Routine routine = first; routine != null; routine = routine.older()) {
        size += routine.isDone() ? 0 : 1;
      }
      for (Dormant place = firstDormant; place != null; place = place.next) {
        Routine routine = place.awake();
        size += (routine == null ? place.isGone() : routine.isDone()) ? 0 : 1;
      }
      exit();
      return size;
    }
  }
}
