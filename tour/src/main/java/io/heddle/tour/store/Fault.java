package io.heddle.tour.store;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An error with which a store answers.
 *
 * @param times the number of consecutive requests that fail; later ones succeed
 * @param retryAfter when to come back, according to the answer, or null
 */
public record Fault(Status status, int times, @Nullable Duration retryAfter) {
  /** A permanent error. */
  public static Fault always(Status status) {
    return new Fault(status, Integer.MAX_VALUE, null);
  }

  /** An error that affects one request. */
  public static Fault once(Status status) {
    return new Fault(status, 1, null);
  }
}
