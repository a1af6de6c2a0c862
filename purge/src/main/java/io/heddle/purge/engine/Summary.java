package io.heddle.purge.engine;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What a run did.
 *
 * @param ending how it came to its end
 * @param reason why, if it was before all keys were tried; null if it was not
 * @param deleted how many keys it deleted, together with the runs that it goes on with
 * @param gone how many keys somebody else deleted before it could
 * @param failed how many keys it could not delete, in its last pass
 * @param skipped how many keys it listed that were not meant
 * @param retries how often it tried a key again
 * @param errors how many keys it could not delete, by reason
 * @param before how many of all these keys earlier runs deleted, found gone or failed to delete
 * @param left how many keys that were meant the store still had at the end; empty if nobody looked
 * @param elapsed how long it took
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

  /** How many keys a second it deleted or found gone, not counting what earlier runs did. */
  public double rate() {
    double seconds = Math.max(0.001, elapsed.toMillis() / 1000.0);
    long doneBefore = before - errors.getOrDefault(Progress.BEFORE, 0L);
    return (deleted + gone - doneBefore) / seconds;
  }

  /**
   * Whether all keys that were meant are gone: it tried all of them, none failed, and none was left
   * when it looked again.
   */
  public boolean isComplete() {
    return ending == Ending.COMPLETE && failed == 0 && left.orElse(0) == 0;
  }
}
