package io.heddle.preflight;

import io.heddle.Go;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The steps of a check. The goroutines of a check share one trace. A trace is bounded, whatever
 * untrusted servers send.
 */
public final class Trace {
  private static final int MAX_STEPS = 200;
  private static final int MAX_TEXT = 300;

  private final long start = Go.nanoTime();
  private final List<Entry> entries = new ArrayList<>();
  private final WorkTime time;

  /** Makes an empty trace that begins now, for a check without limits. */
  public Trace() {
    this(WorkTime.unlimited());
  }

  Trace(WorkTime time) {
    this.time = time;
  }

  /** The clock of the check's work. */
  WorkTime time() {
    return time;
  }

  /**
   * A step and its time.
   *
   * @param at when it ended, since the beginning of the trace
   * @param took its duration
   */
  public record Entry(Duration at, Duration took, TraceStep step) {}

  /** Adds a step that took no time. */
  public void add(TraceStep step) {
    add(step, Go.nanoTime());
  }

  /**
   * Adds a step that ends now.
   *
   * @param began when it began, by {@link Go#nanoTime}
   */
  public void add(TraceStep step, long began) {
    synchronized (entries) {
      long now = Go.nanoTime(); // within the lock, so that the entries are in order
      if (entries.size() < MAX_STEPS) {
        entries.add(new Entry(Duration.ofNanos(now - start), Duration.ofNanos(now - began), step));
      }
    }
  }

  void note(String text) {
    add(new TraceStep.Note(printable(text)));
  }

  void warn(String text) {
    add(new TraceStep.Warning(printable(text)));
  }

  /** A copy of the steps so far, in the order in which they ended. */
  public List<Entry> entries() {
    synchronized (entries) {
      return List.copyOf(entries);
    }
  }

  /** A server's text for a terminal and a log: shortened, and without control characters. */
  static String printable(String text) {
    StringBuilder printable = new StringBuilder();
    int shown = Math.min(text.length(), MAX_TEXT);
    for (int i = 0; i < shown; i++) {
      char c = text.charAt(i);
      switch (Character.getType(c)) {
        case Character.CONTROL,
            Character.FORMAT,
            Character.SURROGATE,
            Character.LINE_SEPARATOR,
            Character.PARAGRAPH_SEPARATOR,
            Character.PRIVATE_USE,
            Character.UNASSIGNED ->
            printable.append("\\u%04x".formatted((int) c));
        default -> printable.append(c);
      }
    }
    return shown < text.length() ? printable + "..." : printable.toString();
  }
}
