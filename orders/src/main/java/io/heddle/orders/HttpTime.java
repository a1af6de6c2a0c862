package io.heddle.orders;

import static java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.regex.Pattern;

/** The times in the headers of HTTP. */
public final class HttpTime {
  /** A number of seconds, up to thirty years. */
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}");

  private HttpTime() {}

  /** The time that {@code Date} has; empty if it is malformed. */
  public static Optional<Instant> date(String text) {
    try {
      return Optional.of(ZonedDateTime.parse(text, RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /**
   * The time that {@code Retry-After} has, which may be in the past; empty if it is malformed.
   *
   * @param now the current time of the server's clock
   */
  public static Optional<Instant> retryAfter(String text, Instant now) {
    return SECONDS.matcher(text).matches()
        ? Optional.of(now.plusSeconds(Long.parseLong(text)))
        : date(text);
  }
}
