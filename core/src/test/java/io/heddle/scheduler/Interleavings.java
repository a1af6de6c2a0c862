package io.heddle.scheduler;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Runs a model of concurrent processes in every possible order: from each state it lets each
 * process take its next step, until all states that can be reached have been seen. A step is one
 * access to shared memory, so the orders are those of a sequentially consistent machine.
 *
 * <p>A state is an array of small numbers: first each process's place in its code, then what the
 * model wants to remember.
 */
final class Interleavings {
  /** What a process does next. */
  @FunctionalInterface
  interface Actor {
    /**
     * Takes one step in the state, its own place included; false if it has to wait, or has ended.
     */
    boolean step(int[] state);
  }

  /** A state as a key of a map. */
  private static final class Key {
    final int[] state;

    Key(int[] state) {
      this.state = state;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && Arrays.equals(state, key.state);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(state);
    }
  }

  private Interleavings() {}

  /** What the exploration saw: how many states, and the way into one that is wrong, if any. */
  record Result(int states, List<int[]> wayToFailure) {
    boolean isRight() {
      return wayToFailure.isEmpty();
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder(states + " states");
      wayToFailure.forEach(state -> text.append('\n').append(Arrays.toString(state)));
      return text.toString();
    }
  }

  /**
   * Explores.
   *
   * @param start the first state
   * @param actors who takes steps
   * @param stuckIsRight whether a state in which no thread can continue is a valid end
   */
  static Result explore(int[] start, List<Actor> actors, Predicate<int[]> stuckIsRight) {
    Map<Key, Key> cameFrom = new HashMap<>();
    ArrayDeque<Key> open = new ArrayDeque<>();
    Key first = new Key(start);
    cameFrom.put(first, first);
    open.add(first);
    while (!open.isEmpty()) {
      Key key = open.poll();
      boolean stuck = true;
      for (Actor actor : actors) {
        int[] next = key.state.clone();
        if (actor.step(next)) {
          stuck = false;
          Key reached = new Key(next);
          if (cameFrom.putIfAbsent(reached, key) == null) {
            open.add(reached);
          }
        }
      }
      if (stuck && !stuckIsRight.test(key.state)) {
        return new Result(cameFrom.size(), way(cameFrom, key));
      }
    }
    return new Result(cameFrom.size(), List.of());
  }

  private static List<int[]> way(Map<Key, Key> cameFrom, Key end) {
    List<int[]> way = new ArrayList<>();
    for (Key key = end; ; key = cameFrom.get(key)) {
      way.addFirst(key.state);
      if (cameFrom.get(key).equals(key)) {
        return way;
      }
    }
  }
}
