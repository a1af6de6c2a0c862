package io.heddle.inspect;

import io.heddle.internal.Inspection;
import io.heddle.internal.Inspection.Track;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What goroutines and workers did in a span of time, from the flight recorder.
 *
 * <p>The recorder reads the clock for some of the events only. Those between two readings are
 * spread evenly over the time between them, or over a millisecond, after which the recorder reads
 * the clock in any case. So the times of events that follow each other quickly are estimates. The
 * order of the events on one worker is exact, and so is that of one goroutine's events.
 */
final class Trace {
  /** After this time the recorder reads the clock for the next event. */
  private static final long SPREAD_NANOS = 1_000_000;

  private static final int EVENT_SHIFT = 56;
  private static final long ARGUMENT = (1L << EVENT_SHIFT) - 1;

  /** The events, with the numbers that the recorder gives them. */
  enum Kind {
    NONE,
    TIME,
    START,
    BEGIN,
    WAIT,
    RESUME,
    WAKE,
    END,
    STEAL,
    IDLE,
    BUSY,
    STUCK
  }

  private static final Kind[] KINDS = Kind.values();

  /**
   * An event.
   *
   * @param nanos when, as {@link System#nanoTime} says
   * @param worker on which worker; 0 on another thread
   * @param argument as the recorder defines it
   * @param subject mostly the key of a goroutine
   */
  record Event(long nanos, int worker, Kind kind, long argument, long subject) {}

  private final List<Event> events;
  private final Map<Integer, String> workers = new HashMap<>();
  private final Map<Long, String> names;
  private final IntFunction<String> reasons;

  private Trace(List<Event> events, Map<Long, String> names, IntFunction<String> reasons) {
    this.events = events;
    this.names = names;
    this.reasons = reasons;
  }

  /**
   * Takes what the recorder holds.
   *
   * @param from events before this time are left out
   */
  static Trace take(long from) {
    Inspection inspection = Inspection.get();
    List<Track> tracks = inspection.trace();
    List<Event> events = events(tracks).stream().filter(event -> event.nanos >= from).toList();
    Set<Long> subjects = new HashSet<>();
    for (Event event : events) {
      subjects.add(event.subject);
      if (event.kind == Kind.WAKE || event.kind == Kind.START) {
        subjects.add(event.argument);
      }
    }
    Trace trace = new Trace(events, inspection.names(subjects), inspection::waitReason);
    tracks.stream()
        .filter(track -> track.worker() > 0)
        .forEach(track -> trace.workers.put(track.worker(), track.name()));
    return trace;
  }

  /**
   * The events of all tracks, by time. Where estimated times contradict what must have come first,
   * the later event gets the time of the earlier one.
   */
  static List<Event> events(List<Track> tracks) {
    List<List<Event>> each = new ArrayList<>();
    for (Track track : tracks) {
      List<Event> events = new ArrayList<>();
      addEvents(track, events);
      each.add(events);
    }
    return new Merge(each).merged();
  }

  private static void addEvents(Track track, List<Event> events) {
    long[] entries = track.entries();
    int begin = 0;
    while (begin < entries.length && kind(entries[begin]) != Kind.TIME) {
      begin += 2; // their time has been overwritten
    }
    while (begin < entries.length) {
      int end = begin + 2;
      while (end < entries.length && kind(entries[end]) != Kind.TIME) {
        end += 2;
      }
      long time = entries[begin + 1];
      int count = (end - begin) / 2 - 1;
      long next = end < entries.length ? entries[end + 1] : Long.MAX_VALUE;
      long span = Math.clamp(next - time, 0, SPREAD_NANOS);
      for (int i = 0; i < count; i++) {
        int at = begin + 2 * (i + 1);
        events.add(
            new Event(
                time + span * i / count,
                track.worker(),
                kind(entries[at]),
                entries[at] & ARGUMENT,
                entries[at + 1]));
      }
      begin = end;
    }
  }

  /**
   * Merges the events of several tracks. A goroutine begins after it was started, then waits and
   * continues by turns, and then ends: that decides where the times, which are estimates, are
   * wrong.
   */
  private static final class Merge {
    /**
     * No estimate is wrong by more, even if the recorder's ticker gets no processor for a while.
     */
    private static final long PATIENCE_NANOS = 100_000_000;

    private final List<List<Event>> tracks;
    private final int[] next;

    /** The goroutines' events that are still to come, by kind. */
    private final Map<Long, Map<Kind, Integer>> ahead = new HashMap<>();

    /** The last event of each goroutine, of those that it has on a worker. */
    private final Map<Long, Kind> last = new HashMap<>();

    Merge(List<List<Event>> tracks) {
      this.tracks = tracks;
      this.next = new int[tracks.size()];
      for (List<Event> track : tracks) {
        for (Event event : track) {
          count(event, 1);
        }
      }
    }

    private void count(Event event, int change) {
      ahead
          .computeIfAbsent(event.subject, none -> new EnumMap<>(Kind.class))
          .merge(event.kind, change, Integer::sum);
    }

    private boolean isAhead(Event event, Kind kind) {
      return ahead.getOrDefault(event.subject, Map.of()).getOrDefault(kind, 0) > 0;
    }

    List<Event> merged() {
      List<Event> merged = new ArrayList<>();
      long now = Long.MIN_VALUE;
      for (int track = first(); track >= 0; track = first()) {
        Event event = tracks.get(track).get(next[track]++);
        now = Math.max(now, event.nanos);
        merged.add(new Event(now, event.worker, event.kind, event.argument, event.subject));
        count(event, -1);
        switch (event.kind) {
          case BEGIN, WAIT, RESUME, END -> last.put(event.subject, event.kind);
          default -> {}
        }
      }
      return merged;
    }

    /** The track with the event that comes next; -1 if there is none. */
    private int first() {
      int earliest = -1;
      int possible = -1;
      for (int track = 0; track < next.length; track++) {
        if (next[track] < tracks.get(track).size()) {
          long nanos = nanos(track);
          if (earliest < 0 || nanos < nanos(earliest)) {
            earliest = track;
          }
          if ((possible < 0 || nanos < nanos(possible))
              && isPossible(tracks.get(track).get(next[track]))) {
            possible = track;
          }
        }
      }
      // What should come before the earliest may have been overwritten.
      return possible >= 0 && nanos(possible) - nanos(earliest) <= PATIENCE_NANOS
          ? possible
          : earliest;
    }

    private long nanos(int track) {
      return tracks.get(track).get(next[track]).nanos;
    }

    private boolean isPossible(Event event) {
      boolean waits = last.get(event.subject) == Kind.WAIT;
      return switch (event.kind) {
        case BEGIN -> !isAhead(event, Kind.START);
        case RESUME -> waits || !isAhead(event, Kind.WAIT);
        case WAIT -> !waits || !isAhead(event, Kind.RESUME);
        case END ->
            !isAhead(event, Kind.BEGIN)
                && !isAhead(event, Kind.WAIT)
                && !isAhead(event, Kind.RESUME);
        default -> true;
      };
    }
  }

  private static Kind kind(long first) {
    int number = (int) (first >>> EVENT_SHIFT);
    return number < KINDS.length ? KINDS[number] : Kind.NONE;
  }

  List<Event> events() {
    return events;
  }

  /** What one goroutine did, for people, with the time in microseconds since the first event. */
  List<Map<String, @Nullable Object>> history(long key) {
    List<Map<String, @Nullable Object>> history = new ArrayList<>();
    long start = events.isEmpty() ? 0 : events.getFirst().nanos;
    for (Event event : events) {
      String what = null;
      if (event.subject == key) {
        what =
            switch (event.kind) {
              case START -> "started by " + name(event.argument);
              case BEGIN -> "begins";
              case WAIT -> "waits: " + reasons.apply((int) event.argument);
              case RESUME -> "continues";
              case WAKE -> "woken by " + name(event.argument);
              case END -> "ends";
              default -> null;
            };
      } else if (event.argument == key && event.kind == Kind.WAKE) {
        what = "wakes " + name(event.subject);
      } else if (event.argument == key && event.kind == Kind.START) {
        what = "starts " + name(event.subject);
      }
      if (what != null) {
        history.add(
            Json.object(
                "micros", (event.nanos - start) / 1000.0, "worker", event.worker, "what", what));
      }
    }
    return history;
  }

  private String name(long key) {
    return names.getOrDefault(key, "unknown");
  }

  /**
   * The trace in the format of Chrome's about:tracing, which Perfetto reads as well: workers with
   * the goroutines that they ran, and goroutines with their states. Arrows lead from the goroutine
   * that starts or wakes another to that one.
   */
  String chrome() {
    return new ChromeTrace(this).json();
  }

  /** Writes the format, which is a list of events with times in microseconds. */
  private static final class ChromeTrace {
    private static final int WORKERS = 1;
    private static final int GOROUTINES = 2;

    private final Trace trace;
    private final StringBuilder out =
        new StringBuilder("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
    private final long start;
    private final Map<Long, State> states = new HashMap<>();

    /** The rows of goroutines and other threads: the format has no room for their keys. */
    private final Map<Long, Long> rows = new HashMap<>();

    /** The goroutine that each worker runs, as far as is known. */
    private final Map<Integer, Long> running = new HashMap<>();

    private final Map<Integer, Long> runningSince = new HashMap<>();
    private boolean isFirst = true;
    private long arrows;

    /** What a goroutine does. */
    private static final class State {
      @Nullable String doing;
      long since;
      int worker;

      /** The arrow that ends where it runs next; 0 if none. */
      long arrow;
    }

    ChromeTrace(Trace trace) {
      this.trace = trace;
      this.start = trace.events.isEmpty() ? 0 : trace.events.getFirst().nanos;
    }

    String json() {
      meta("process_name", WORKERS, 0, "Workers");
      meta("process_name", GOROUTINES, 0, "Goroutines");
      trace.workers.forEach((number, name) -> meta("thread_name", WORKERS, number, name));
      Set<Long> named = new HashSet<>();
      long last = start;
      for (Event event : trace.events) {
        apply(event);
        if (event.kind != Kind.STEAL && event.kind.compareTo(Kind.IDLE) < 0) {
          named.add(event.subject);
        }
        last = event.nanos;
      }
      for (Map.Entry<Long, State> one : states.entrySet()) {
        change(one.getKey(), one.getValue(), null, last, 0);
      }
      named.forEach(key -> meta("thread_name", GOROUTINES, key, trace.name(key)));
      return out.append("\n]}\n").toString();
    }

    private void apply(Event event) {
      State state = states.get(event.subject);
      switch (event.kind) {
        case START -> {
          State fresh = state(event.subject);
          change(event.subject, fresh, "runnable", event.nanos, 0);
          arrow(event, fresh);
        }
        case BEGIN, RESUME ->
            change(event.subject, state(event.subject), "running", event.nanos, event.worker);
        case WAIT ->
            change(
                event.subject,
                state(event.subject),
                "waiting: " + trace.reasons.apply((int) event.argument),
                event.nanos,
                event.worker);
        case WAKE -> {
          State woken = state(event.subject);
          if (woken.doing != null && !woken.doing.equals("running")) {
            change(event.subject, woken, "runnable", event.nanos, 0);
          }
          arrow(event, woken);
        }
        case END -> {
          if (state != null) {
            change(event.subject, state, null, event.nanos, event.worker);
            states.remove(event.subject);
          }
        }
        case STEAL -> instant("steals from worker " + event.argument, event.subject, event.nanos);
        case IDLE -> {
          leave(event.worker, event.nanos);
          instant("idle", event.subject, event.nanos);
        }
        case BUSY -> instant("busy", event.subject, event.nanos);
        case STUCK -> instant("stuck", event.subject, event.nanos);
        case NONE, TIME -> {}
      }
    }

    private State state(long key) {
      return states.computeIfAbsent(key, none -> new State());
    }

    private void change(long key, State state, @Nullable String doing, long now, int worker) {
      if (state.doing != null) {
        slice(state.doing, GOROUTINES, key, state.since, now);
        if (state.doing.equals("running") && running.getOrDefault(state.worker, 0L).equals(key)) {
          leave(state.worker, now);
        }
      }
      state.doing = doing;
      state.since = now;
      state.worker = worker;
      if (doing != null && doing.equals("running")) {
        if (worker > 0) {
          leave(worker, now); // what ran there has left it outside of Heddle
          running.put(worker, key);
          runningSince.put(worker, now);
        }
        if (state.arrow != 0) {
          flow("f", state.arrow, key, now);
          state.arrow = 0;
        }
      }
    }

    private void leave(int worker, long now) {
      Long key = running.remove(worker);
      Long since = runningSince.remove(worker);
      if (key != null && since != null) {
        slice(trace.name(key), WORKERS, worker, since, now);
      }
    }

    private void arrow(Event event, State to) {
      arrows++;
      to.arrow = arrows;
      flow("s", arrows, event.argument, event.nanos);
    }

    private void slice(String name, int process, long key, long since, long until) {
      begin("X", name, process, key, since)
          .append(",\"dur\":")
          .append(micros(Math.max(0, until - since)))
          .append('}');
    }

    private void instant(String name, long worker, long now) {
      begin("i", name, WORKERS, worker, now).append(",\"s\":\"t\"}");
    }

    private void flow(String phase, long id, long key, long now) {
      begin(phase, "wakes", GOROUTINES, key, now)
          .append(",\"cat\":\"wake\",\"bp\":\"e\",\"id\":")
          .append(id)
          .append('}');
    }

    private void meta(String kind, int process, long key, String name) {
      begin("M", kind, process, key, start)
          .append(",\"args\":")
          .append(Json.of(Map.of("name", name)))
          .append('}');
    }

    /** Begins an event in the row of a worker, by its number, or of a goroutine, by its key. */
    private StringBuilder begin(String phase, String name, int process, long key, long nanos) {
      long row = process == WORKERS ? key : rows.computeIfAbsent(key, none -> rows.size() + 1L);
      out.append(isFirst ? "\n" : ",\n").append("{\"ph\":\"").append(phase).append("\",\"name\":");
      isFirst = false;
      Json.write(name, out);
      return out.append(",\"pid\":")
          .append(process)
          .append(",\"tid\":")
          .append(row)
          .append(",\"ts\":")
          .append(micros(nanos - start));
    }

    /** With three digits after the point. */
    private static String micros(long nanos) {
      return nanos / 1000 + "." + String.valueOf(1000 + nanos % 1000).substring(1);
    }
  }
}
