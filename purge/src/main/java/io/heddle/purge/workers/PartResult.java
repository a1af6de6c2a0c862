package io.heddle.purge.workers;

import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Summary;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How a part of a job ended.
 *
 * @param worker the process that ended it
 * @param left the number of selected keys that a listing found at the end; null if there was none
 */
record PartResult(
    String worker,
    Ending ending,
    @Nullable String reason,
    long deleted,
    long gone,
    long failed,
    long skipped,
    long retries,
    Map<String, Long> errors,
    @Nullable Long left,
    long millis) {
  static PartResult of(Summary summary, String worker) {
    return new PartResult(
        worker,
        summary.ending(),
        summary.reason(),
        summary.deleted(),
        summary.gone(),
        summary.failed(),
        summary.skipped(),
        summary.retries(),
        summary.errors(),
        summary.left().isPresent() ? summary.left().getAsLong() : null,
        summary.elapsed().toMillis());
  }

  Summary summary() {
    return new Summary(
        ending,
        reason,
        deleted,
        gone,
        failed,
        skipped,
        retries,
        new TreeMap<>(errors),
        0,
        left == null ? OptionalLong.empty() : OptionalLong.of(left),
        Duration.ofMillis(millis));
  }
}
