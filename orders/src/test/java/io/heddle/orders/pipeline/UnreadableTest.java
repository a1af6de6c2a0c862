package io.heddle.orders.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.queue.Delivery;
import io.heddle.queue.Outcome;
import io.heddle.testing.Bubbled;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How long, and how often, an order is put back that cannot be read. */
@Bubbled
final class UnreadableTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private static Outcome at(Instant time, String reason) {
    return Unreadable.outcome(
        new Delivery(1, 1, "checking", "o1", "torn", 1, 0, 0, reason, START, time, Go.nanoTime()),
        "an odd\nthing");
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "one.test has no file",
        "waits since yesterday for a worker that can read it: nothing",
        "nobody could read it for 60 min: an odd thing"
      })
  void itWaitsForAnHourEverMoreSeldomWhateverTheReasonWasBefore(String before) {
    for (int round = 0; round < 100; round++) {
      Instant now = START;
      String reason = before;
      int looks = 0;
      while (at(now, reason) instanceof Outcome.Defer later) {
        Duration waited = Duration.between(START, now);
        assertTrue(later.delay().isPositive());
        assertTrue(
            later.delay().toSeconds() <= Math.clamp(waited.toSeconds(), 5, 30),
            () -> later.delay() + " after " + waited);
        now = now.plus(later.delay());
        reason = later.reason();
        looks++;
      }
      assertEquals(START.plus(Unreadable.PATIENCE), now);
      assertTrue(looks >= 120 && looks < 250, looks + " looks");
      Outcome.Dead dead = assertInstanceOf(Outcome.Dead.class, at(now, reason));
      assertTrue(dead.reason().endsWith("an odd\nthing"));
      assertEquals(null, dead.body());
    }
  }

  @Test
  void theTimeIsThatOfAllWorkersAndBeginsAnewWhenOneCouldReadIt() {
    Outcome.Defer first = assertInstanceOf(Outcome.Defer.class, at(START, null));
    Instant later = START.plus(Unreadable.PATIENCE).plusSeconds(1);
    assertInstanceOf(Outcome.Dead.class, at(later, first.reason()));
    assertInstanceOf(Outcome.Defer.class, at(later, "the CA wants to be left alone"));
  }
}
