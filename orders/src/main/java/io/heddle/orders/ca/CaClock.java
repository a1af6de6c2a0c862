package io.heddle.orders.ca;

import io.heddle.Go;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * The CA's clock, as its answers tell it. What the CA says is to be at some time of day is meant by
 * that clock, and ours may be hours off.
 */
final class CaClock {
  private volatile @Nullable Reading last;

  /**
   * What the clock showed.
   *
   * @param time to the second
   * @param at when, of {@link Go#nanoTime}
   */
  private record Reading(Instant time, long at) {}

  /** The CA has sent an answer with such a {@code Date}. */
  void saw(String date) {
    try {
      Instant time = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      last = new Reading(time, Go.nanoTime());
    } catch (DateTimeException e) {
      // the one before is as good
    }
  }

  /** The time until the CA's clock shows another; negative if that is over. */
  Duration until(Instant time) {
    Reading seen = last;
    Instant now = seen == null ? Go.now() : seen.time.plusNanos(Go.nanoTime() - seen.at);
    return Duration.between(now, time);
  }
}
