package io.heddle;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Goroutines that wait for locks in a circle: each for one that the next has locked.
 *
 * <p>A goroutine that waits for a {@link Mutex}, or for a {@link RWMutex} that is locked for
 * writing, waits for its holder. A writer waits for each of the readers that hold the lock, and a
 * reader that waits while others read waits for the first writer in the queue. Each of these has to
 * resume before the goroutine can, so a circle that leads through any of them is permanent.
 *
 * <p>A wait is identified by its {@linkplain Waiter.Seen mark}. Those of all goroutines are noted
 * first, and each has to be there still after its lock was looked at. A mark does not outlive its
 * wait, so when the first lock of a circle was looked at, all of its goroutines were waiting, with
 * whatever they had locked before.
 */
final class LockCycles {
  private static final long LASTING_NANOS = 1_000_000_000;

  /** Those that may be part of a circle, each with the mark of its wait. */
  private final Map<Routine, Waiter.Seen> waits = new LinkedHashMap<>();

  private final Map<Long, Routine> byThread = new HashMap<>();

  private final Readers readers = new Readers(byThread::get);

  /**
   * Looks at goroutines.
   *
   * @param goroutines those that may be part of a circle
   */
  LockCycles(Collection<Routine> goroutines) {
    for (Routine routine : goroutines) {
      Waiter.Seen mark = routine.seen();
      if (mark != null) {
        waits.put(routine, mark);
        byThread.put(routine.threadId(), routine);
      }
    }
  }

  /** Looks at the goroutines of all programs. */
  static LockCycles ofAll() {
    List<Routine> waiting = new ArrayList<>();
    for (Program program : Watch.allPrograms()) {
      waiting.addAll(program.registry().all(routine -> waitsForLock(routine) || joinsOne(routine)));
    }
    return new LockCycles(waiting);
  }

  /**
   * The goroutines of a program that have waited for a lock for some time.
   *
   * @param nanos for at least how long, as far as has been seen
   */
  static List<Routine> lockedOut(Program program, long nanos) {
    synchronized (Watch.MARKING) {
      Waiter.Seen mark = new Waiter.Seen();
      return program
          .registry()
          .all(routine -> {
            Waiter.Seen seen = waitsForLock(routine) ? routine.see(mark) : null;
            return seen != null && mark.at - seen.at >= nanos;
          });
    }
  }

  /** The circles of all programs whose goroutines have waited for a second, each described. */
  static List<String> lasting() {
    List<Routine> waiting = new ArrayList<>();
    for (Program program : Watch.allPrograms()) {
      waiting.addAll(lockedOut(program, LASTING_NANOS));
    }
    return new LockCycles(waiting).find().stream().map(LockCycles::describe).toList();
  }

  /** Whether a goroutine waits for a lock, as far as can be seen from outside. */
  static boolean waitsForLock(Routine routine) {
    return routine.on() instanceof Mutex || routine.on() instanceof RWMutex;
  }

  /**
   * Circles of several, and all of these that have no goroutine in common. A goroutine that waits
   * for a lock that it has locked itself is no cycle: another goroutine may unlock a mutex, and
   * some use it to signal.
   */
  List<List<Routine>> find() {
    List<List<Routine>> circles = new ArrayList<>();
    Set<Routine> done = new HashSet<>();
    for (Routine start : waits.keySet()) {
      Way way = wayIntoCircle(start, this::blockers, done);
      if (way != null) {
        circles.add(way.circle());
        done.addAll(way.all());
      }
    }
    return circles;
  }

  /**
   * The goroutines that block one permanently: those that it waits for, one after the other, up to
   * and including a circle of several.
   *
   * <p>Not so if one of them may give up by itself or because its context ends.
   *
   * @param start the goroutine, which may also wait for the end of another of its program
   * @return empty if there is no such circle
   */
  List<Routine> stuck(Routine start) {
    Way way =
        wayIntoCircle(
            start,
            waiting -> {
              if (!waiting.waitsForGood()) {
                return List.of();
              }
              List<Routine> blockers = blockers(waiting);
              return blockers.isEmpty() ? joinedBy(waiting) : blockers;
            },
            new HashSet<>());
    return way == null ? List.of() : way.all();
  }

  /**
   * Goroutines that wait for each other, one after the other.
   *
   * @param back the one that the last waits for
   */
  private record Way(List<Routine> all, Routine back) {
    List<Routine> circle() {
      return all.subList(all.indexOf(back), all.size());
    }
  }

  /**
   * Follows what goroutines wait for until that leads back.
   *
   * @param blockers those that a goroutine waits for
   * @param done those that lead nowhere; it grows
   * @return from the start to the last of a circle of several; null if absent
   */
  private @Nullable Way wayIntoCircle(
      Routine start, Function<Routine, List<Routine>> blockers, Set<Routine> done) {
    LinkedHashMap<Routine, Iterator<Routine>> way = new LinkedHashMap<>();
    if (waits.containsKey(start) && !done.contains(start)) {
      way.put(start, blockers.apply(start).iterator());
    }
    while (!way.isEmpty()) {
      Routine last = way.lastEntry().getKey();
      Iterator<Routine> others = way.lastEntry().getValue();
      if (!others.hasNext()) {
        way.pollLastEntry();
        done.add(last);
        continue;
      }
      Routine next = others.next();
      if (next != last && way.containsKey(next)) {
        return new Way(List.copyOf(way.keySet()), next);
      }
      if (next != last && waits.containsKey(next) && !done.contains(next)) {
        way.put(next, blockers.apply(next).iterator());
      }
    }
    return null;
  }

  private static boolean joinsOne(Routine waiting) {
    WaitReason reason = waiting.reason();
    return reason != null && reason.joinsOne();
  }

  private static List<Routine> joinedBy(Routine waiting) {
    return joinsOne(waiting)
        ? waiting.program().registry().all(other -> other.isJoinedBy(waiting))
        : List.of();
  }

  /** Those that have to resume before a goroutine can lock what it waits for. */
  private List<Routine> blockers(Routine waiting) {
    Waitable on = waiting.on();
    List<Routine> blockers = List.of();
    if (on != null) {
      long holder = on.holder();
      Routine known = byThread.get(holder);
      if (known != null) {
        blockers = List.of(known);
      } else if (holder == 0 && on instanceof RWMutex lock) {
        blockers = lock.queuesToRead(waiting) ? firstWriter(lock) : readers.of(lock);
      }
    }
    return waiting.seen() == waits.get(waiting) && waiting.on() == on ? blockers : List.of();
  }

  private static List<Routine> firstWriter(RWMutex lock) {
    Routine writer = lock.firstWriter();
    return writer == null ? List.of() : List.of(writer);
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
