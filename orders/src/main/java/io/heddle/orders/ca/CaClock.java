package io.heddle.orders.ca;

import static java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME;

import io.heddle.Go;
import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The CA's clock, as its answers tell it. What the CA says is to be at some time of day is meant by
 * that clock, and ours may be hours off. Until the CA has told it, it is taken for ours.
 */
final class CaClock {
  /**
   * The longest that we let the CA have us wait. It may say more, by mistake or as it means a limit
   * of a week; after a day it does no harm to ask again.
   */
  static final Duration LONGEST_WAIT = Duration.ofDays(1);

  /** Up to thirty years. */
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}");

  private volatile @Nullable Reading last;

  /**
   * What the clock showed.
   *
   * @param at when, of {@link Go#nanoTime}
   */
  private record Reading(Instant time, long at) {}

  /**
   * The CA has answered. A cache on the way may have kept the answer to a GET or HEAD for any time,
   * with the date that it had then; one to a POST comes from the CA, and has no age.
   */
  void saw(HttpResponse<?> answer) {
    if (answer.request().method().equals("POST") && answer.headers().firstValue("Age").isEmpty()) {
      answer
          .headers()
          .firstValue("Date")
          .flatMap(CaClock::time) // without one, the reading before is as good
          .ifPresent(time -> last = new Reading(time, Go.nanoTime()));
    }
  }

  private static Optional<Instant> time(String text) {
    try {
      return Optional.of(ZonedDateTime.parse(text, RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** What the CA's clock shows. */
  Instant now() {
    Reading seen = last;
    return seen == null ? Go.now() : seen.time.plusNanos(Go.nanoTime() - seen.at);
  }

  /** The time until the CA's clock shows another; negative if that is over. */
  Duration until(Instant time) {
    return Duration.between(now(), time);
  }

  /**
   * When the CA wants to be asked again, by its clock: in {@link #LONGEST_WAIT} at the latest;
   * empty if the answer does not say, or says what makes no sense.
   */
  Optional<Instant> retryAfter(HttpResponse<?> answer) {
    Instant now = now();
    Instant latest = now.plus(LONGEST_WAIT);
    return answer
        .headers()
        .firstValue("Retry-After")
        .flatMap(text ->
            SECONDS.matcher(text).matches()
                ? Optional.of(now.plusSeconds(Long.parseLong(text)))
                : time(text))
        .map(time -> time.isAfter(latest) ? latest : time);
  }
}
