package io.heddle.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class BackoffTest {
  private final Random random = new Random(7);

  @Test
  void theLongestWaitsAreTheDocuments() {
    List<Long> minutes =
        IntStream.range(1, 10).mapToObj(i -> Backoff.ORDERS.longest(i).toMinutes()).toList();
    assertEquals(List.of(5L, 10L, 20L, 40L, 80L, 120L, 120L, 120L, 120L), minutes);
    assertEquals(Duration.ofHours(2), Backoff.ORDERS.longest(Integer.MAX_VALUE));
  }

  @Test
  void aWaitIsDrawnFromAllThatItMayBe() {
    for (int attempt = 1; attempt < 10; attempt++) {
      double longest = Backoff.ORDERS.longest(attempt).toNanos();
      double sum = 0;
      double least = 1;
      double most = 0;
      for (int i = 0; i < 2000; i++) {
        Duration wait = Backoff.ORDERS.next(attempt, null, random);
        double part = wait.toNanos() / longest;
        assertTrue(part >= 0 && part <= 1, wait::toString);
        sum += part;
        least = Math.min(least, part);
        most = Math.max(most, part);
      }
      assertEquals(0.5, sum / 2000, 0.03);
      assertTrue(least < 0.01 && most > 0.99);
    }
  }

  @Test
  void afterTheStepsItIsOnceADay() {
    for (int attempt = 10; attempt < 40; attempt++) {
      Duration wait = Backoff.ORDERS.next(attempt, null, random);
      assertTrue(wait.compareTo(Duration.ofHours(23)) >= 0, wait::toString);
      assertTrue(wait.compareTo(Duration.ofHours(25)) <= 0, wait::toString);
    }
    assertNull(Backoff.ORDERS.next(40, null, random));
  }

  @Test
  void theLastAttemptIsAtTheEndOfTheTimeThatIsLeft() {
    Duration left = Duration.ofMinutes(3);
    for (int i = 0; i < 100; i++) {
      assertTrue(Backoff.ORDERS.next(9, left, random).compareTo(left) <= 0);
    }
    assertEquals(left, Backoff.ORDERS.next(20, left, random));
    assertNull(Backoff.ORDERS.next(1, Duration.ZERO, random));
    assertNull(Backoff.ORDERS.next(1, Duration.ofSeconds(-1), random));
  }

  @Test
  void itCanBeScaled() {
    Backoff fast = Backoff.ORDERS.scaled(0.001);
    assertEquals(Duration.ofMillis(300), fast.longest(1));
    assertEquals(Duration.ofMillis(7200), fast.longest(10));
    assertEquals(Backoff.ORDERS.limit(), fast.limit());
    assertTrue(Backoff.ORDERS.scaled(1e-20).base().isPositive());
  }

  @Test
  void senselessOnesAreRefused() {
    Duration minute = Duration.ofMinutes(1);
    Duration second = Duration.ofSeconds(1);
    assertThrows(
        IllegalArgumentException.class, () -> new Backoff(Duration.ZERO, minute, 1, minute, 1));
    assertThrows(IllegalArgumentException.class, () -> new Backoff(minute, second, 1, minute, 1));
    assertThrows(IllegalArgumentException.class, () -> new Backoff(second, minute, 1, minute, 0));
  }
}
