package io.heddle.inspect;

import io.heddle.inspect.Trace.Event;
import io.heddle.inspect.Trace.Kind;
import io.heddle.inspect.TraceFormat.Group;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Makes slices, marks and arrows of the events of a trace. */
final class Timeline {
  private final List<Event> events;
  private final Map<Integer, String> workers;
  private final LongFunction<String> names;
  private final IntFunction<String> reasons;
  private final TraceFormat format;
  private final long start;
  private final Map<Long, State> states = new HashMap<>();
  private final Map<Integer, Occupant> occupants = new HashMap<>();

  /** The rows of goroutines and other threads: no format has room for their keys. */
  private final Map<Long, Long> rows = new HashMap<>();

  private long arrows;

  /** What a goroutine does. */
  private static final class State {
    @Nullable String doing;
    long since;
    int worker;

    /** The arrow that ends where it runs next; 0 if none does. */
    long arrow;

    /** The arrow that ended where it began to run; 0 if none did. */
    long arrived;

    boolean isRunning() {
      return "running".equals(doing);
    }
  }

  /** The goroutine that a worker runs, as far as is known. */
  private static final class Occupant {
    final long goroutine;
    final long since;

    /** Whether it waits in Heddle, and nothing else has run there since. */
    boolean waits;

    Occupant(long goroutine, long since) {
      this.goroutine = goroutine;
      this.since = since;
    }
  }

  Timeline(
      List<Event> events,
      Map<Integer, String> workers,
      LongFunction<String> names,
      IntFunction<String> reasons,
      TraceFormat format) {
    this.events = events;
    this.workers = workers;
    this.names = names;
    this.reasons = reasons;
    this.format = format;
    this.start = events.isEmpty() ? 0 : events.getFirst().nanos();
  }

  void write() throws IOException {
    for (Map.Entry<Integer, String> worker : workers.entrySet()) {
      format.row(Group.WORKERS, worker.getKey(), worker.getValue());
    }
    Set<Long> unrecorded = new HashSet<>();
    for (Event event : events) {
      // One that was stuck all the time has recorded nothing itself.
      if (event.kind() == Kind.STUCK
          && !workers.containsKey((int) event.subject())
          && unrecorded.add(event.subject())) {
        format.row(Group.WORKERS, event.subject(), "worker " + event.subject());
      }
      for (long goroutine : goroutines(event)) {
        if (!rows.containsKey(goroutine)) {
          format.row(Group.GOROUTINES, row(goroutine), names.apply(goroutine));
        }
      }
    }
    long last = start;
    for (Event event : events) {
      apply(event);
      last = event.nanos();
    }
    for (Map.Entry<Long, State> one : states.entrySet()) {
      change(one.getKey(), one.getValue(), null, last, 0);
    }
    format.end();
  }

  private long row(long goroutine) {
    return rows.computeIfAbsent(goroutine, none -> rows.size() + 1L);
  }

  /** The keys of the goroutines and other threads that an event is about. */
  private static long[] goroutines(Event event) {
    return switch (event.kind()) {
      case START, WAKE -> new long[] {event.subject(), event.argument()};
      case BEGIN, WAIT, RESUME, END -> new long[] {event.subject()};
      default -> new long[0];
    };
  }

  private void apply(Event event) throws IOException {
    long now = event.nanos();
    long subject = event.subject();
    switch (event.kind()) {
      case START -> {
        State fresh = state(subject);
        change(subject, fresh, "runnable", now, 0);
        arrow(event, fresh, "starts ");
      }
      case BEGIN, RESUME -> change(subject, state(subject), "running", now, event.worker());
      case WAIT -> {
        String reason = reasons.apply((int) event.argument());
        change(subject, state(subject), "waiting: " + reason, now, event.worker());
      }
      case WAKE -> {
        State woken = state(subject);
        if (woken.doing != null && !woken.isRunning()) {
          change(subject, woken, "runnable", now, 0);
        }
        arrow(event, woken, "wakes ");
      }
      case END -> {
        State ended = states.remove(subject);
        if (ended != null) {
          change(subject, ended, null, now, event.worker());
        }
        occupants.remove(event.worker());
      }
      case STEAL -> mark("steals from worker " + event.argument(), event);
      case IDLE -> {
        leave((int) subject, now);
        occupants.remove((int) subject);
        mark("idle", event);
      }
      case BUSY -> mark("busy", event);
      case STUCK -> mark(stuck((int) subject), event);
      case NONE, TIME -> {}
    }
  }

  /**
   * A goroutine that waits in Heddle and keeps its worker has pinned it, by a native frame on its
   * stack. But it may have left the worker to one that had waited outside of Heddle, which the
   * recorder does not see.
   */
  private String stuck(int worker) {
    Occupant occupant = occupants.get(worker);
    if (occupant == null) {
      return "stuck";
    }
    String name = names.apply(occupant.goroutine);
    return occupant.waits ? "stuck (pinned?) while " + name + " waits" : "stuck with " + name;
  }

  private State state(long goroutine) {
    return states.computeIfAbsent(goroutine, none -> new State());
  }

  private void change(long goroutine, State state, @Nullable String doing, long now, int worker)
      throws IOException {
    if (state.doing != null) {
      format.slice(
          Group.GOROUTINES,
          row(goroutine),
          state.doing,
          state.since - start,
          now - start,
          state.arrived);
      state.arrived = 0;
      if (state.isRunning()) {
        leave(state.worker, goroutine, now);
      }
    }
    state.doing = doing;
    state.since = now;
    state.worker = worker;
    if (state.isRunning()) {
      state.arrived = state.arrow;
      state.arrow = 0;
      if (worker > 0) {
        leave(worker, now); // what ran there has left it outside of Heddle
        occupants.put(worker, new Occupant(goroutine, now));
      }
    }
  }

  private void leave(int worker, long goroutine, long now) throws IOException {
    Occupant occupant = occupants.get(worker);
    if (occupant != null && occupant.goroutine == goroutine) {
      leave(worker, now);
    }
  }

  private void leave(int worker, long now) throws IOException {
    Occupant occupant = occupants.get(worker);
    if (occupant != null && !occupant.waits) {
      occupant.waits = true;
      String name = names.apply(occupant.goroutine);
      format.slice(Group.WORKERS, worker, name, occupant.since - start, now - start, 0);
    }
  }

  private void arrow(Event event, State to, String what) throws IOException {
    arrows++;
    to.arrow = arrows;
    String name = what + names.apply(event.subject());
    format.arrow(Group.GOROUTINES, row(event.argument()), name, event.nanos() - start, arrows);
  }

  private void mark(String name, Event event) throws IOException {
    format.mark(Group.WORKERS, event.subject(), name, event.nanos() - start);
  }
}
