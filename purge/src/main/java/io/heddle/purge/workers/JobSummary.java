package io.heddle.purge.workers;

import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Summary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The result of a job, or of this process's work on it.
 *
 * @param parts the parts; the last one is the whole selection, and shows what the others have left
 * @param own why this process left the job before its end; null if it did not
 * @param elapsed the duration of the job
 */
public record JobSummary(List<PartSummary> parts, @Nullable Summary own, Duration elapsed) {
  /** Copies the list. */
  public JobSummary {
    parts = List.copyOf(parts);
  }

  /**
   * The result of a part.
   *
   * @param name the number and the contents of the part, for people
   * @param worker the process that ended it; empty if it has not ended
   * @param summary null if the part has not ended
   */
  public record PartSummary(String name, String worker, @Nullable Summary summary) {}

  /** The results of the parts that have ended. */
  public List<Summary> ended() {
    List<Summary> ended = new ArrayList<>();
    for (PartSummary part : parts) {
      if (part.summary != null) {
        ended.add(part.summary);
      }
    }
    return ended;
  }

  /** The result of the last part; null if it has not ended. */
  public @Nullable Summary last() {
    return parts.isEmpty() ? null : parts.getLast().summary;
  }

  /**
   * The sums of all parts. Keys that failed in one part are tried again in the last one, so only
   * the last part's failures count if it has ended.
   */
  public Summary total() {
    long deleted = 0;
    long gone = 0;
    long failed = 0;
    long retries = 0;
    SortedMap<String, Long> errors = new TreeMap<>();
    Ending ending = Ending.COMPLETE;
    String reason = null;
    for (Summary part : ended()) {
      deleted += part.deleted();
      gone += part.gone();
      failed += part.failed();
      retries += part.retries();
      part.errors().forEach((why, count) -> errors.merge(why, count, Long::sum));
      if (part.ending() != Ending.COMPLETE && reason == null) {
        ending = part.ending();
        reason = part.reason();
      }
    }
    if (own != null) {
      ending = own.ending();
      reason = own.reason();
    }
    Summary last = last();
    return new Summary(
        ending,
        reason,
        deleted,
        gone,
        last == null ? failed : last.failed(),
        last == null ? 0 : last.skipped(),
        retries,
        last == null ? errors : last.errors(),
        0,
        last == null ? OptionalLong.empty() : last.left(),
        elapsed);
  }
}
