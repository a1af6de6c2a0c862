package io.heddle.purge.engine;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The result of a run.
 *
 * @param ending how the run ended
 * @param reason why it ended before all keys were tried; null if it did not
 * @param deleted the number of keys it deleted, including the runs that it continues
 * @param gone the number of keys that another client deleted first
 * @param failed the number of keys it could not delete, in its last pass
 * @param skipped the number of keys it listed but did not select
 * @param retries the number of repeated attempts
 * @param errors the number of keys it could not delete, by reason
 * @param before how many of all these keys were counted by earlier runs
 * @param left the number of selected keys that the store still contained at the end; empty if the
 *     store was not listed again
 * @param elapsed the duration
 */
public record Summary(
    Ending ending,
    @Nullable String reason,
    long deleted,
    long gone,
    long failed,
    long skipped,
    long retries,
    SortedMap<String, Long> errors,
    long before,
    OptionalLong left,
    Duration elapsed) {

  /** This summary of a run that ended in another way. */
  public Summary ended(Ending how, String why) {
    return new Summary(
        how, why, deleted, gone, failed, skipped, retries, errors, before, left, elapsed);
  }

  /** Keys per second that were deleted or found gone, not counting earlier runs. */
  public double rate() {
    double seconds = Math.max(0.001, elapsed.toMillis() / 1000.0);
    long doneBefore = before - errors.getOrDefault(Progress.BEFORE, 0L);
    return (deleted + gone - doneBefore) / seconds;
  }

  /**
   * Whether all selected keys are gone: all were tried, none failed, and the final listing found
   * none.
   */
  public boolean isComplete() {
    return ending == Ending.COMPLETE && failed == 0 && left.orElse(0) == 0;
  }
}
