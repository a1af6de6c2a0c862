package io.heddle.rate;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.VirtualClock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Limiters in static fields, say, that are used inside and outside of bubbles. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
final class RateBoundaryTest {
  @Test
  void aLimiterFromOutsideStartsOverInABubble() throws InterruptedException {
    RateLimiter limiter = RateLimiter.every(ofHours(1), 2);
    assertTrue(limiter.tryAcquire(2));
    assertFalse(limiter.tryAcquire());
    for (int i = 0; i < 2; i++) {
      VirtualClock.run(_ -> {
        assertEquals(2, limiter.tokens());
        assertTrue(limiter.tryAcquire(2));
        assertFalse(limiter.tryAcquire());
        limiter.acquire();
        assertEquals(ofHours(1).toNanos(), Go.nanoTime());
        assertFalse(limiter.tryAcquire());
        Go.sleep(ofHours(1));
        assertTrue(limiter.tryAcquire());
      });
    }
    assertTrue(limiter.tryAcquire(2), "outside again");
    assertFalse(limiter.tryAcquire());
  }

  @Test
  void aReservationOfAnotherClockGivesNothingBack() throws InterruptedException {
    RateLimiter limiter = RateLimiter.every(ofHours(1), 1);
    assertTrue(limiter.tryAcquire());
    List<Reservation> outside = new ArrayList<>(List.of(limiter.reserve()));
    VirtualClock.run(_ -> {
      assertTrue(limiter.tryAcquire());
      outside.getFirst().cancel();
      assertEquals(0, limiter.tokens());
    });
  }

  @Test
  void whatHappensSometimesHappensInEachBubble() throws InterruptedException {
    Sometimes sometimes = new Sometimes().interval(ofSeconds(10));
    int[] runs = new int[1];
    assertTrue(sometimes.run(() -> runs[0]++));
    assertFalse(sometimes.run(() -> runs[0]++));
    for (int i = 0; i < 2; i++) {
      VirtualClock.run(_ -> {
        assertTrue(sometimes.run(() -> runs[0]++));
        assertFalse(sometimes.run(() -> runs[0]++));
        Go.sleep(ofSeconds(10));
        assertTrue(sometimes.run(() -> runs[0]++));
      });
    }
    assertTrue(sometimes.run(() -> runs[0]++));
    assertFalse(sometimes.run(() -> runs[0]++));
    assertEquals(6, runs[0]);
  }
}
