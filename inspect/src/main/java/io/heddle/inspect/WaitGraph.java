package io.heddle.inspect;

import io.heddle.internal.Inspection.ObjectState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which goroutine waits for which other: for what the other has locked, or for the end of the
 * other. A goroutine that waits for a channel waits for no one in particular.
 */
final class WaitGraph {
  private final Map<Long, Set<Long>> edges = new LinkedHashMap<>();

  WaitGraph(List<ObjectState> objects) {
    for (ObjectState object : objects) {
      for (Long waiting : object.waiting()) {
        if (!object.holders().isEmpty()) {
          edges.computeIfAbsent(waiting, none -> new LinkedHashSet<>()).addAll(object.holders());
        }
      }
    }
  }

  /** Circles of goroutines, each of which waits for the next; none of them has two in common. */
  List<List<Long>> cycles() {
    List<List<Long>> cycles = new ArrayList<>();
    Set<Long> done = new HashSet<>();
    for (Long start : edges.keySet()) {
      List<Long> cycle = cycleFrom(start, done);
      if (!cycle.isEmpty()) {
        cycles.add(cycle);
      }
    }
    return cycles;
  }

  private List<Long> cycleFrom(Long start, Set<Long> done) {
    List<Long> way = new ArrayList<>();
    Map<Long, Iterator<Long>> left = new HashMap<>();
    if (!done.contains(start)) {
      way.add(start);
      left.put(start, next(start));
    }
    while (!way.isEmpty()) {
      Long last = way.getLast();
      Iterator<Long> others = left.getOrDefault(last, Set.<Long>of().iterator());
      if (!others.hasNext()) {
        way.removeLast();
        done.add(last);
        continue;
      }
      Long next = others.next();
      int before = way.indexOf(next);
      if (before >= 0) {
        done.addAll(way);
        return List.copyOf(way.subList(before, way.size()));
      }
      if (!done.contains(next)) {
        way.add(next);
        left.put(next, next(next));
      }
    }
    return List.of();
  }

  private Iterator<Long> next(Long goroutine) {
    return edges.getOrDefault(goroutine, Set.of()).iterator();
  }
}
