package io.heddle.inspect;

import io.heddle.internal.Inspection;
import io.heddle.internal.Inspection.Track;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
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

  /** Where the number of a goroutine's own event begins in its argument. */
  private static final int NUMBER_SHIFT = 8;

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
   * @param number its place among the goroutine's own events, of which its start is the first and
   *     has 0; also 0 if the event is not a goroutine's own
   */
  record Event(long nanos, int worker, Kind kind, long argument, long subject, long number) {
    private boolean isNumbered() {
      return number > 0 || kind == Kind.START;
    }

    private Event at(long time) {
      return new Event(time, worker, kind, argument, subject, number);
    }
  }

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
        Kind kind = kind(entries[at]);
        long argument = entries[at] & ARGUMENT;
        long number = 0;
        switch (kind) {
          case BEGIN, WAIT, RESUME, END -> {
            number = argument >>> NUMBER_SHIFT;
            argument &= (1 << NUMBER_SHIFT) - 1;
          }
          default -> {}
        }
        long nanos = time + span * i / count;
        events.add(new Event(nanos, track.worker(), kind, argument, entries[at + 1], number));
      }
      begin = end;
    }
  }

  /**
   * Merges the events of several tracks. A goroutine's events are numbered; where the times, which
   * are estimates, contradict the numbers, the numbers decide. An event whose predecessor has been
   * overwritten, or was not yet recorded in a track that was copied earlier, does not wait for it.
   */
  private static final class Merge {
    private final List<List<Event>> tracks;
    private final int[] next;

    /** The numbers of each goroutine's events that are still to come. */
    private final Map<Long, PriorityQueue<Long>> ahead = new HashMap<>();

    Merge(List<List<Event>> tracks) {
      this.tracks = tracks;
      this.next = new int[tracks.size()];
      for (List<Event> track : tracks) {
        for (Event event : track) {
          if (event.isNumbered()) {
            numbersAhead(event).add(event.number);
          }
        }
      }
    }

    private PriorityQueue<Long> numbersAhead(Event event) {
      return ahead.computeIfAbsent(event.subject, none -> new PriorityQueue<>());
    }

    List<Event> merged() {
      List<Event> merged = new ArrayList<>();
      long now = Long.MIN_VALUE;
      for (int track = first(); track >= 0; track = first()) {
        Event event = tracks.get(track).get(next[track]++);
        now = Math.max(now, event.nanos);
        merged.add(event.at(now));
        if (event.isNumbered()) {
          numbersAhead(event).remove(event.number);
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
          if (earliest < 0 || isEarlier(track, earliest)) {
            earliest = track;
          }
          if ((possible < 0 || isEarlier(track, possible)) && isPossible(track)) {
            possible = track;
          }
        }
      }
      return possible >= 0 ? possible : earliest;
    }

    private boolean isEarlier(int track, int other) {
      return event(track).nanos < event(other).nanos;
    }

    private boolean isPossible(int track) {
      Event event = event(track);
      return !event.isNumbered() || Objects.equals(numbersAhead(event).peek(), event.number);
    }

    private Event event(int track) {
      return tracks.get(track).get(next[track]);
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
   * Writes the trace in a format: workers with the goroutines that they ran, and goroutines with
   * their states. Arrows lead from the goroutine that starts or wakes another to that one.
   */
  void write(TraceFormat format) throws IOException {
    new Timeline(events, workers, this::name, reasons, format).write();
  }
}
