package io.heddle.purge.workers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.heddle.Go;
import io.heddle.testing.Bubbled;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Processes with different clocks. */
final class ServersClockTest {
  private static final Instant TRUE = Instant.parse("2026-01-01T12:00:00Z");
  private static final Duration ROUND_TRIP = Duration.ofMillis(20);

  /** What a process, whose clock is late, learns of the servers' clock. */
  private static ServersClock clock(Duration late) {
    Instant asked = TRUE.minus(late);
    return ServersClock.of(asked, TRUE.plus(ROUND_TRIP.dividedBy(2)), asked.plus(ROUND_TRIP));
  }

  @Test
  void aTimeOfOneProcessIsTheSameMomentForAnother() {
    ServersClock first = clock(Duration.ofHours(-1));
    ServersClock late = clock(Duration.ofHours(2));
    Instant begun = TRUE.plus(Duration.ofHours(1)); // by the first one's clock
    assertEquals(TRUE, first.shared(begun));
    assertEquals(TRUE.minus(Duration.ofHours(2)), late.own(first.shared(begun)));
  }

  @Test
  @Bubbled
  void itIsAsFarAheadAsItWas() {
    assertEquals(Go.now().plus(Duration.ofHours(2)), clock(Duration.ofHours(2)).now());
  }
}
