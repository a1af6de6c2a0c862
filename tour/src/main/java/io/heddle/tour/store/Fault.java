package io.heddle.tour.store;

import io.heddle.purge.StoreException.Kind;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An error with which a store answers.
 *
 * @param times the number of consecutive requests that fail; later ones succeed
 * @param retryAfter when to come back, according to the answer, or null
 */
public record Fault(Kind kind, int times, @Nullable Duration retryAfter) {
  /** A permanent error. */
  public static Fault always(Kind kind) {
    return new Fault(kind, Integer.MAX_VALUE, null);
  }

  /** An error that affects one request. */
  public static Fault once(Kind kind) {
    return new Fault(kind, 1, null);
  }
}
