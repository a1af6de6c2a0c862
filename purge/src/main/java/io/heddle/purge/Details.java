package io.heddle.purge;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a store records about a key. A component is null if it was not requested, or if the store
 * does not record it.
 *
 * @param type the type of the value, such as {@code hash}
 * @param ttl the time until the key expires, {@link #NEVER} if it does not
 * @param idle how long the key has not been read or written
 * @param modified when the key was last written
 * @param size the number of bytes
 */
public record Details(
    @Nullable String type,
    @Nullable Duration ttl,
    @Nullable Duration idle,
    @Nullable Instant modified,
    @Nullable Long size) {
  /** The time to live of a key that does not expire. */
  public static final Duration NEVER = ChronoUnit.FOREVER.getDuration();

  /** Nothing is known. */
  public static final Details NONE = new Details(null, null, null, null, null);

  /** The details of a key that is written once: its size, and when it was written. */
  public static Details of(@Nullable Instant modified, @Nullable Long size) {
    return new Details(null, null, null, modified, size);
  }
}
