package io.heddle.purge.stores;

import io.heddle.Go;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * HTTP's {@code Retry-After}: a number of seconds, or a date. The date may be in the past, by this
 * machine's clock. Null if it is malformed.
 */
final class RetryAfter {
  private RetryAfter() {}

  static @Nullable Duration parse(String value) {
    String text = value.strip();
    try {
      return Duration.ofSeconds(Long.parseLong(text));
    } catch (NumberFormatException e) {
      try {
        Instant date = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text));
        return Duration.between(Go.now(), date);
      } catch (DateTimeException notADate) {
        return null;
      }
    }
  }

  /** The time until a moment given in seconds since 1970. */
  static @Nullable Duration until(long epochSecond) {
    try {
      return Duration.between(Go.now(), Instant.ofEpochSecond(epochSecond));
    } catch (DateTimeException notADate) {
      return null;
    }
  }
}
