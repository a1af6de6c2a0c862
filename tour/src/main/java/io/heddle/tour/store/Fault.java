package io.heddle.tour.store;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An error that a store is told to answer with.
 *
 * @param times how many requests it hits, one after another; those that follow succeed
 * @param retryAfter what the answer says about when to come back, or null
 */
public record Fault(Status status, int times, @Nullable Duration retryAfter) {
  /** An error that stays. */
  public static Fault always(Status status) {
    return new Fault(status, Integer.MAX_VALUE, null);
  }

  /** An error that goes away after one request. */
  public static Fault once(Status status) {
    return new Fault(status, 1, null);
  }
}
