package io.heddle.orders.ca;

import io.heddle.Go;
import io.heddle.orders.HttpTime;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The CA's clock, as shown by its answers. Times of day from the CA refer to that clock, which may
 * differ from this machine's clock by hours. Until the first answer the two are assumed to be
 * equal.
 */
final class CaClock {
  /**
   * The longest wait that the CA can impose. It may ask for more, by mistake or because a limit
   * lasts a week; asking again once a day does no harm.
   */
  static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private volatile @Nullable Reading last;

  /**
   * A reading of the CA's clock.
   *
   * @param at the time of the reading, by {@link Go#nanoTime}
   */
  private record Reading(Instant time, long at) {}

  /**
   * Notes the date of an answer to a POST, which comes from the CA and has no age. The answer to a
   * GET or HEAD may come from a cache, with an old date.
   */
  void saw(HttpResponse<?> answer) {
    if (answer.request().method().equals("POST") && answer.headers().firstValue("Age").isEmpty()) {
      answer
          .headers()
          .firstValue("Date")
          .flatMap(HttpTime::date) // if it is missing, the previous reading stays valid
          .ifPresent(time -> last = new Reading(time, Go.nanoTime()));
    }
  }

  /** The current time of the CA's clock. */
  Instant now() {
    Reading seen = last;
    return seen == null ? Go.now() : seen.time.plusNanos(Go.nanoTime() - seen.at);
  }

  /** The time until the CA's clock reaches another time; negative if that is over. */
  Duration until(Instant time) {
    return Duration.between(now(), time);
  }

  /**
   * When the CA wants to be asked again, by its clock, but within {@link #LONGEST_WAIT}; empty if
   * the answer does not say, or is malformed.
   */
  Optional<Instant> retryAfter(HttpResponse<?> answer) {
    Instant now = now();
    Instant latest = now.plus(LONGEST_WAIT);
    return answer
        .headers()
        .firstValue("Retry-After")
        .flatMap(text -> HttpTime.retryAfter(text, now))
        .map(time -> time.isAfter(latest) ? latest : time);
  }
}
