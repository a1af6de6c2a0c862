package io.heddle;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Goroutines that wait for locks in a circle: each for one that the next has locked.
 *
 * <p>A goroutine waits for one lock at a time, and a {@link Mutex} or a {@link RWMutex} that is
 * locked for writing has one holder. So each goroutine has at most one successor, and a circle is
 * found by following successors. A wait is identified by its {@linkplain Waiter.Seen mark}, which
 * has to be there before and after its lock is looked at. A mark does not outlive its wait, so what
 * was found for all members is true at one moment.
 *
 * <p>Readers are only counted. A circle that leads through a lock held by readers is not found.
 */
final class LockCycles {
  private final Map<Long, Routine> byThread = new HashMap<>();

  /**
   * Looks at goroutines.
   *
   * @param goroutines those that may be part of a circle
   */
  LockCycles(Collection<Routine> goroutines) {
    for (Routine routine : goroutines) {
      if (holder(routine) != 0) {
        byThread.put(routine.thread().threadId(), routine);
      }
    }
  }

  /** Looks at the goroutines of all programs. */
  static LockCycles ofAll() {
    List<Routine> waiting = new ArrayList<>();
    for (Program program : Watch.allPrograms()) {
      waiting.addAll(program.registry().all(routine -> holder(routine) != 0));
    }
    return new LockCycles(waiting);
  }

  /**
   * All circles of several. A goroutine that waits for a lock that it has locked itself is none: a
   * mutex may be unlocked by another goroutine, and some use it to signal.
   */
  List<List<Routine>> find() {
    List<List<Routine>> circles = new ArrayList<>();
    Set<Routine> done = new HashSet<>();
    for (Routine start : byThread.values()) {
      Set<Routine> way = new LinkedHashSet<>();
      Routine next = start;
      while (next != null && !done.contains(next) && way.add(next)) {
        next = holderOf(next);
      }
      if (next != null && way.contains(next) && from(next, way).size() > 1) {
        circles.add(from(next, way));
      }
      done.addAll(way);
    }
    return circles;
  }

  /**
   * The goroutines that keep one from going on for ever: those that it waits for, one after the
   * other, up to and including a circle of several.
   *
   * <p>Not so if one of them may give up by itself or because its context ends.
   *
   * @param start the goroutine, which may also wait for the end of another of its program
   * @return empty if there is no such circle
   */
  List<Routine> stuck(Routine start) {
    Set<Routine> way = new LinkedHashSet<>();
    Routine next = start;
    while (next != null && way.add(next)) {
      if (!next.waitsForGood()) {
        return List.of();
      }
      Routine holder = holderOf(next);
      next = holder != null ? holder : joinedBy(next);
    }
    return next != null && from(next, way).size() > 1 ? List.copyOf(way) : List.of();
  }

  private static @Nullable Routine joinedBy(Routine waiting) {
    if (waiting.reason() != WaitReason.JOIN) {
      return null;
    }
    List<Routine> found = waiting.program().registry().all(other -> other.isJoinedBy(waiting));
    return found.isEmpty() ? null : found.getFirst();
  }

  private @Nullable Routine holderOf(Routine waiting) {
    return byThread.get(holder(waiting));
  }

  /**
   * The number of the thread that holds the lock for which a goroutine waits; 0 if there is none.
   */
  static long holder(Routine waiting) {
    Waiter.Seen mark = waiting.seen();
    Waitable on = waiting.on();
    if (mark == null || on == null) {
      return 0;
    }
    long holder = on.holder();
    return waiting.seen() == mark && waiting.on() == on ? holder : 0;
  }

  private static List<Routine> from(Routine first, Set<Routine> way) {
    List<Routine> rest = new ArrayList<>(way);
    return rest.subList(rest.indexOf(first), rest.size());
  }

  /** What a circle's goroutines wait for, and where. */
  static String describe(List<Routine> circle) {
    StringBuilder text =
        new StringBuilder().append(circle.size()).append(" goroutines wait for each other's locks");
    Holders holders = new Holders();
    for (Routine routine : circle) {
      text.append('\n').append(routine.snapshot(holders).text().stripTrailing());
    }
    return text.toString();
  }
}
