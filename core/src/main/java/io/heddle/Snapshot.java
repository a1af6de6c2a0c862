package io.heddle;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A goroutine at one moment, for dumps.
 *
 * @param program the number of its program
 * @param name null if it was given none
 * @param frames its stack, without what is the same in all goroutines
 * @param contextError what has ended the context that it runs under; null if that is not done
 */
record Snapshot(
    long program,
    long id,
    @Nullable String name,
    Activity activity,
    List<StackTraceElement> frames,
    @Nullable String contextError,
    String createdBy) {
  private static final long NANOS_PER_MINUTE = 60_000_000_000L;

  /**
   * Those of the JDK that are below every goroutine's own frames, or above them while it sleeps.
   */
  private static final Set<String> JDK =
      Set.of(
          "java.lang.VirtualThread",
          "java.lang.System$1",
          "java.util.concurrent.locks.LockSupport");

  Snapshot {
    frames = own(frames);
  }

  /** The frames of the program, and those of the API that it calls. */
  static List<StackTraceElement> own(List<StackTraceElement> frames) {
    return frames.stream()
        .filter(frame ->
            !JDK.contains(frame.getClassName()) && !OwnFrames.isInternal(frame.getClassName()))
        .toList();
  }

  /**
   * What a goroutine does.
   *
   * @param what in a word; if it waits in Heddle, what for
   * @param waitedNanos for how long at least it has waited in Heddle; -1 if it does not
   * @param heldBy the holder of the lock that it waits for, if there is one that is known
   */
  record Activity(String what, long waitedNanos, @Nullable String heldBy) {
    static final Activity RUNNING = new Activity("running");

    /** It can run, and has no stack yet. */
    static final Activity NOT_STARTED = new Activity("runnable, not started");

    static final Activity ENDED = new Activity("ended");

    Activity(String what) {
      this(what, -1, null);
    }

    boolean isWait() {
      return waitedNanos >= 0;
    }

    boolean isSame(Activity later) {
      return what.equals(later.what) && isWait() == later.isWait();
    }

    @Override
    public String toString() {
      long minutes = waitedNanos / NANOS_PER_MINUTE;
      return what
          + (minutes <= 0 ? "" : ", " + minutes + " minutes")
          + (heldBy == null ? "" : ", held by " + heldBy);
    }
  }

  /** Who it is and what it does, as in Go's dumps. */
  String headline() {
    String who = "goroutine " + id;
    return (name == null ? who : who + " \"" + name + '"') + " [" + activity + "]:";
  }

  /** As Go's dumps show it. */
  String text() {
    StringBuilder text = new StringBuilder(headline()).append('\n');
    for (StackTraceElement frame : frames) {
      text.append("\tat ").append(frame).append('\n');
    }
    if (contextError != null) {
      text.append(contextError).append('\n');
    }
    return text.append("created by ").append(createdBy).append('\n').toString();
  }

  /** As an object of JSON, on one line. */
  String json() {
    return "{\"id\":%d,\"name\":%s,\"program\":%d,\"state\":%s,\"waitReason\":%s,\"waitedNanos\":%s,\"heldBy\":%s,\"stack\":%s,\"contextError\":%s,\"createdBy\":%s}"
        .formatted(
            id,
            quote(name),
            program,
            quote(activity.isWait() ? "waiting" : activity.what),
            quote(activity.isWait() ? activity.what : null),
            activity.isWait() ? activity.waitedNanos : null,
            quote(activity.heldBy),
            frames.stream()
                .map(frame -> quote(frame.toString()))
                .collect(Collectors.joining(",", "[", "]")),
            quote(contextError),
            quote(createdBy));
  }

  /** In ASCII, so that it survives every terminal and log. */
  private static String quote(@Nullable String text) {
    if (text == null) {
      return "null";
    }
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c >= ' ' && c <= '~') {
        quoted.append(c);
      } else {
        quoted.append("\\u%04x".formatted((int) c));
      }
    }
    return quoted.append('"').toString();
  }
}
