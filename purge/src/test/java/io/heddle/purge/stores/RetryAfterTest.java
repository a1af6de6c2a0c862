package io.heddle.purge.stores;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.heddle.Go;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.testing.Bubbled;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The time is virtual, so that it is known what a date means. */
final class RetryAfterTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private static String date(Instant date) {
    return DateTimeFormatter.RFC_1123_DATE_TIME.format(date.atOffset(ZoneOffset.UTC));
  }

  private static @Nullable Duration asHeeded(@Nullable Duration time) {
    return new StoreException(Kind.THROTTLED, "HTTP 429", "not now", time, null).retryAfter();
  }

  @Test
  @Bubbled
  void itIsANumberOfSecondsOrADate() {
    assertEquals(MINUTE, RetryAfter.parse(" 60 "));
    assertEquals(MINUTE, RetryAfter.parse(date(Go.now().plus(MINUTE))));
    assertEquals(MINUTE, RetryAfter.until(Go.now().plus(MINUTE).getEpochSecond()));
  }

  @Test
  @Bubbled
  void aTimeThatIsOverSaysNothing() {
    assertNull(asHeeded(RetryAfter.parse("0")));
    assertNull(asHeeded(RetryAfter.parse("-1")));
    assertNull(asHeeded(RetryAfter.parse(date(Go.now().minus(MINUTE)))));
    assertNull(asHeeded(RetryAfter.until(Go.now().getEpochSecond())));
  }

  @Test
  @Bubbled
  void whatMakesNoSenseSaysNothing() {
    assertNull(RetryAfter.parse("soon"));
    assertNull(RetryAfter.parse("99999999999999999999"));
    assertNull(RetryAfter.until(Long.MAX_VALUE));
    assertNull(asHeeded(RetryAfter.until(Long.MIN_VALUE)));
  }
}
