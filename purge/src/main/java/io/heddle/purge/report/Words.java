package io.heddle.purge.report;

import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Summary;
import io.heddle.purge.keys.KeyLine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;

/** Numbers, times and keys for people. */
public final class Words {
  private static final int LONGEST_KEY = 200;

  /** The time from which on other ways to get rid of keys are worth a thought. */
  private static final Duration LONG = Duration.ofHours(6);

  /** The time after which a missing answer is worth a remark. */
  private static final Duration SLOW = Duration.ofSeconds(2);

  private Words() {}

  static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  static String keys(long number) {
    return number(number) + (number == 1 ? " key" : " keys");
  }

  /** A key, as in a file of keys, or its beginning if it is long. */
  static String key(String key) {
    if (key.length() <= LONGEST_KEY) {
      return KeyLine.of(key);
    }
    int end = Character.isHighSurrogate(key.charAt(LONGEST_KEY - 1)) ? 1 : 0;
    String start = KeyLine.of(key.substring(0, LONGEST_KEY - end));
    return start + "… (" + number(key.length()) + " characters)";
  }

  /** A line with any content: a server's message must not control the terminal. */
  static String line(String text) {
    return KeyLine.escaped(text);
  }

  /** A duration such as 7.3 s, 2:05 min or 3:07:09 h. */
  static String time(Duration time) {
    if (time.toMinutes() == 0) {
      return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
    }
    return time.toHours() == 0
        ? String.format(Locale.ROOT, "%d:%02d min", time.toMinutes(), time.toSecondsPart())
        : String.format(
            Locale.ROOT,
            "%d:%02d:%02d h",
            time.toHours(),
            time.toMinutesPart(),
            time.toSecondsPart());
  }

  static String errors(SortedMap<String, Long> errors) {
    return errors.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .map(error -> number(error.getValue()) + " x " + error.getKey())
        .collect(Collectors.joining(", "));
  }

  /** The progress of a run, most important parts first, because the line may be cut off. */
  static String progress(Progress progress, double rate, long total) {
    if (!progress.phase().equals("deleting")) {
      String counted = progress.phase().equals("counting") ? " " + keys(progress.listed()) : "";
      return progress.phase() + counted + ", " + time(progress.elapsed()) + waiting(progress);
    }
    List<String> parts = new ArrayList<>();
    long done = progress.settled();
    long atStart = total > 0 ? total : progress.total();
    long all = atStart > 0 ? atStart + progress.doneBefore() : 0;
    String of = all > 0 ? " of " + number(all) : "";
    parts.add("deleted " + number(progress.deleted() + progress.gone()) + of);
    parts.add(number(Math.round(rate)) + "/s");
    if (progress.failed() > 0) {
      parts.add(number(progress.failed()) + " failed: " + errors(progress.errors()));
    }
    if (progress.throttledFor().isPositive()) {
      parts.add("told to wait " + time(progress.throttledFor()));
    }
    parts.add(progress.inFlight() + " in flight");
    if (progress.retries() > 0) {
      String last = progress.lastReason();
      parts.add(number(progress.retries()) + " retries" + (last == null ? "" : ": " + last));
    }
    parts.add(time(progress.elapsed()));
    if (all > done && rate > 0) {
      parts.add(time(Duration.ofMillis((long) ((all - done) * 1000 / rate))) + " left");
    }
    return String.join(", ", parts) + waiting(progress);
  }

  /** A listing that the store does not answer, or has failed to answer. */
  private static String waiting(Progress progress) {
    Progress.Waiting waiting = progress.waiting();
    boolean isSlow =
        waiting != null && (waiting.attempt() > 1 || waiting.time().compareTo(SLOW) > 0);
    if (waiting == null || !isSlow) {
      return "";
    }
    String attempt = ", attempt " + waiting.attempt() + " of " + waiting.attempts();
    String cause = waiting.cause() == null ? "" : ": " + waiting.cause();
    return ", waiting for the listing" + attempt + ", " + time(waiting.time()) + line(cause);
  }

  /**
   * How long it takes to delete keys, and what may be faster.
   *
   * @param keys the number of keys
   * @param isMore whether there are more keys, whose number is not known
   * @param rate keys per second; 0 if unknown
   * @return a sentence or two; empty if it is not worth one
   */
  public static String estimate(long keys, boolean isMore, double rate) {
    if (!(rate > 0)) {
      return "";
    }
    Duration time = Duration.ofMillis((long) Math.min(keys * 1000 / rate, Long.MAX_VALUE / 2.0));
    if (isMore) {
      Duration million = Duration.ofMillis((long) (1e9 / rate));
      String at = "At about " + number(Math.round(rate)) + " keys/s, each million keys takes ";
      return at + longTime(million) + ".";
    }
    if (time.compareTo(Duration.ofMinutes(1)) < 0) {
      return "";
    }
    String text =
        "At about " + number(Math.round(rate)) + " keys/s, this takes " + longTime(time) + ".";
    return time.compareTo(LONG) < 0
        ? text
        : text + " Consider dropping the whole store, or giving the keys a time to live, instead.";
  }

  /** A duration in its largest unit. */
  private static String longTime(Duration time) {
    if (time.toDays() >= 3) {
      return number(Math.round(time.toHours() / 24.0)) + " days";
    }
    return time.toHours() >= 3 ? Math.round(time.toMinutes() / 60.0) + " hours" : time(time);
  }

  /** The result of a dry run. */
  static List<String> dryRun(Summary summary) {
    List<String> lines = new ArrayList<>();
    lines.add("would delete " + keys(summary.left().orElse(0)));
    if (summary.reason() != null) {
      lines.add("stopped: " + summary.reason());
    }
    if (summary.skipped() > 0) {
      lines.add("not meant: " + keys(summary.skipped()));
    }
    return lines;
  }

  /** The result of a run, one line for each relevant part. */
  static List<String> summary(Summary summary) {
    List<String> lines = new ArrayList<>();
    String rate = summary.rate() == 0 ? "" : ", " + number(Math.round(summary.rate())) + " keys/s";
    lines.add("deleted " + keys(summary.deleted()) + " in " + time(summary.elapsed()) + rate);
    if (summary.reason() != null) {
      lines.add("stopped: " + summary.reason());
    }
    if (summary.failed() > 0) {
      lines.add("failed to delete " + keys(summary.failed()) + ": " + errors(summary.errors()));
    }
    if (summary.gone() > 0) {
      lines.add("already gone: " + keys(summary.gone()));
    }
    if (summary.before() > 0) {
      lines.add("of all these keys, done by earlier runs: " + number(summary.before()));
    }
    if (summary.skipped() > 0) {
      lines.add("not meant: " + keys(summary.skipped()));
    }
    if (summary.retries() > 0) {
      lines.add("tried again: " + number(summary.retries()) + " times");
    }
    if (summary.left().orElse(0) > 0) {
      lines.add("still in the store: " + keys(summary.left().getAsLong()));
    }
    return lines;
  }
}
