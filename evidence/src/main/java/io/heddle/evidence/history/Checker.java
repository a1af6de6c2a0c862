package io.heddle.evidence.history;

import io.heddle.evidence.history.History.Event;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Whether a history is linearizable: whether each call can be given moments between its call and
 * its return at which it takes effect, so that a {@link Model}, in which one thing happens after
 * the other, does what the history says.
 *
 * <p>That is Wing and Gong's search, with Lowe's two improvements: a call takes effect as late as
 * possible, when its return or that of another needs it (just-in-time linearization), and no state
 * is looked at twice (memoization). So it goes through the events in their order and keeps the set
 * of all states that the model may be in; a return drops the states in which that call cannot have
 * had its effect. When none is left, the events up to here are the counter-example.
 *
 * <p>Calls that never return must be asleep rightly: in one of the states that are left, each waits
 * for something that has not happened. So a lost wake-up is an error like any other.
 */
final class Checker {
  /** More states than a history of a dozen calls can need. */
  private static final int LIMIT = 200_000;

  private final History history;
  private final Set<Integer> pending = new HashSet<>();
  private int looks;

  private Checker(History history) {
    this.history = history;
  }

  /** What is wrong with a history: the number of the event that nothing explains; -1 if nothing. */
  static int firstUnexplained(History history) {
    return new Checker(history).search();
  }

  /**
   * Whether something is wrong that the return of a call, if there is one after all, may explain.
   */
  static boolean wantsReturns(History history) {
    return !history.calls.stream().allMatch(Call::hasReturned) && firstUnexplained(history) >= 0;
  }

  private int search() {
    Set<Model> states = Set.of(new Model(history));
    for (int i = 0; i < history.events.size(); i++) {
      Event event = history.events.get(i);
      if (event.isReturn()) {
        states = afterReturn(states, event.call());
        pending.remove(event.call());
        if (states.isEmpty()) {
          return i;
        }
      } else {
        pending.add(event.call());
      }
    }
    return pending.isEmpty() || canSleep(states) ? -1 : history.events.size();
  }

  /**
   * The states in which the call is done, each reached by as few steps of pending calls as can be.
   */
  private Set<Model> afterReturn(Set<Model> states, int call) {
    Set<Model> done = new HashSet<>();
    Deque<Model> open = new ArrayDeque<>();
    Set<Model> seen = new HashSet<>();
    Consumer<Model> visit =
        state -> {
          if (state.isDone(call)) {
            done.add(state);
          } else if (seen.add(state)) {
            open.add(state);
          }
        };
    states.forEach(visit);
    while (!open.isEmpty()) {
      stepAll(open.remove(), visit);
    }
    return done;
  }

  private boolean canSleep(Set<Model> states) {
    Set<Model> seen = new HashSet<>(states);
    Deque<Model> open = new ArrayDeque<>(states);
    while (!open.isEmpty()) {
      Model state = open.remove();
      if (pending.stream().allMatch(state::isAsleepRightly)) {
        return true;
      }
      stepAll(
          state,
          next -> {
            if (seen.add(next)) {
              open.add(next);
            }
          });
    }
    return false;
  }

  private void stepAll(Model state, Consumer<Model> visit) {
    if (++looks > LIMIT) {
      throw new IllegalStateException("too many states: make programs smaller");
    }
    for (int call : pending) {
      state.step(call, visit);
    }
  }
}
