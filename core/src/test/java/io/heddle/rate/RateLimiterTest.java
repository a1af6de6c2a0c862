package io.heddle.rate;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The bucket's arithmetic, at times that are passed in. What waits is in RateLimiterWaitTest. */
final class RateLimiterTest {
  private static final double INFINITE = RateLimiter.INFINITE;
  private static final long FOREVER = Long.MAX_VALUE;
  private static final double PRECISION = 1e-9;

  /** The time after so many tenths of a second: at a limit of ten, so many tokens. */
  private static long t(long tenths) {
    return 1_000_000_000_000L + tenths * 100_000_000;
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S, Infinity",
    "PT-1S, Infinity",
    "PT0.000000001S, 1e9",
    "PT0.000001S, 1e6",
    "PT0.001S, 1000",
    "PT0.01S, 100",
    "PT0.1S, 10",
    "PT1S, 1",
    "PT2S, 0.5",
    "PT2.5S, 0.4",
    "PT4S, 0.25",
    "PT10S, 0.1",
    "PT9223372036.854775807S, 1.0842021724855044e-10",
  })
  void everyIsTheInverseOfTheInterval(Duration interval, double limit) {
    assertEquals(
        limit, RateLimiter.every(interval, 1).limit(), limit == INFINITE ? 0 : limit * 1e-12);
  }

  @Test
  void tellsItsLimitAndBurst() {
    RateLimiter limiter = RateLimiter.perSecond(10, 3);
    assertEquals(10, limiter.limit());
    assertEquals(3, limiter.burst());
    assertEquals("RateLimiter[10.0/s, burst 3]", limiter.toString());
    limiter.setLimit(INFINITE);
    limiter.setBurst(4);
    assertEquals(INFINITE, limiter.limit());
    assertEquals(4, limiter.burst());
  }

  @Test
  void refusesLimitsAndBurstsAndTokensThatMakeNoSense() {
    RateLimiter limiter = RateLimiter.perSecond(10, 3);
    assertAll(
        () -> refused(() -> RateLimiter.perSecond(-1, 3)),
        () -> refused(() -> RateLimiter.perSecond(Double.NaN, 3)),
        () -> refused(() -> RateLimiter.perSecond(10, -1)),
        () -> refused(() -> limiter.setLimit(-1)),
        () -> refused(() -> limiter.setLimit(Double.NaN)),
        () -> refused(() -> limiter.setBurst(-1)),
        () -> refused(() -> limiter.tryAcquire(-1)),
        () -> refused(() -> limiter.reserve(-1)),
        () -> refused(() -> limiter.acquire(-1)));
    assertEquals(3, limiter.tokens(), 0.0);
  }

  private static void refused(org.junit.jupiter.api.function.Executable call) {
    assertThrows(IllegalArgumentException.class, call);
  }

  @Nested
  final class TryAcquire {
    private RateLimiter limiter = RateLimiter.perSecond(10, 1);

    private void taken(long tenths, double before, long n) {
      assertEquals(before, limiter.tokens(t(tenths)), PRECISION);
      assertTrue(limiter.tryAcquire(t(tenths), n));
      assertEquals(before - n, limiter.tokens(t(tenths)), PRECISION);
    }

    private void refused(long tenths, double before, long n) {
      assertEquals(before, limiter.tokens(t(tenths)), PRECISION);
      assertFalse(limiter.tryAcquire(t(tenths), n));
      assertEquals(before, limiter.tokens(t(tenths)), PRECISION);
    }

    @Test
    void takesOneTokenAtATimeFromABucketOfOne() {
      taken(0, 1, 1);
      refused(0, 0, 1);
      refused(0, 0, 1);
      taken(1, 1, 1);
      refused(1, 0, 1);
      refused(1, 0, 1);
      refused(2, 1, 2); // more than the burst, which never succeeds
      taken(2, 1, 1);
      refused(2, 0, 1);
    }

    @Test
    void takesWhatABucketOfThreeHas() {
      limiter = RateLimiter.perSecond(10, 3);
      taken(0, 3, 2);
      taken(0, 1, 1);
      refused(0, 0, 1);
      refused(1, 1, 4);
      taken(1, 1, 1);
      refused(1, 0, 1);
      taken(3, 2, 1);
      taken(4, 2, 1);
      taken(4, 1, 1);
      refused(4, 0, 1);
      taken(9, 3, 3); // no more than the burst, after any idle time
      refused(9, 0, 1);
      taken(9, 0, 0);
    }

    @Test
    void gainsNothingWhenTimeJumpsBack() {
      limiter = RateLimiter.perSecond(10, 3);
      taken(1, 3, 1);
      taken(0, 2, 1);
      taken(0, 1, 1);
      refused(0, 0, 1);
      taken(1, 1, 1);
      refused(1, 0, 1);
      taken(2, 1, 1);
      refused(2, 0, 1);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.7692307692307693, 1e-10, 1.0 / 3, 1e12})
    void isNotDeceivedByRounding(double limit) {
      assertTrue(RateLimiter.perSecond(limit, 1).tryAcquire());
    }

    @Test
    void hasOnlyItsBurstToGiveAtALimitOfZero() {
      limiter = RateLimiter.perSecond(0, 2);
      taken(0, 2, 1);
      taken(0, 1, 1);
      refused(0, 0, 1);
      refused(1_000_000_000, 0, 1);
    }

    @Test
    void takesCenturiesAtATinyLimit() {
      limiter = RateLimiter.perSecond(1e-10, 1);
      taken(0, 1, 1);
      assertFalse(limiter.tryAcquire(t(1_000_000_000), 1));
    }

    @Test
    void knowsNoBurstAtAnInfiniteLimit() {
      limiter = RateLimiter.perSecond(INFINITE, 0);
      assertTrue(limiter.tryAcquire(t(0), 1_000_000));
      assertTrue(limiter.tryAcquire(t(0), 1_000_000));
    }

    @Test
    void beginsWithAFullBucketWhenTheLimitIsNoLongerInfinite() {
      limiter = RateLimiter.perSecond(INFINITE, 2);
      assertTrue(limiter.tryAcquire(t(0), 100));
      limiter.setLimit(t(0), 10);
      taken(0, 2, 2);
      refused(0, 0, 1);
    }

    @Test
    void allowsInTheLongRunWhatTheLimitSays() {
      limiter = RateLimiter.perSecond(100, 100);
      int taken = 0;
      for (int step = 0; step < 2_500; step++) {
        if (limiter.tryAcquire(t(0) + step * 2_000_000L, 1)) {
          taken++;
        }
      }
      assertEquals(100 + 499, taken); // the burst, and one each 10 ms until the last try at 4.998 s
    }

    @Test
    void seesALargerBurstFillAndASmallerOneSpill() {
      limiter = RateLimiter.perSecond(10, 2);
      limiter.setBurst(t(0), 4);
      taken(0, 2, 2);
      taken(4, 4, 1);
      limiter.setBurst(t(4), 1);
      taken(4, 1, 1);
      refused(4, 0, 1);
    }
  }

  @Nested
  final class Reserve {
    private RateLimiter limiter = RateLimiter.perSecond(10, 2);

    /** Reserves and asserts from when the tokens may be used. */
    private Reservation reserved(long tenths, long n, long ready) {
      Reservation reservation = limiter.reserve(t(tenths), n, FOREVER);
      assertTrue(reservation.isOk());
      assertEquals(Duration.ofMillis(100 * (ready - tenths)), reservation.delay(t(tenths)));
      return reservation;
    }

    private Reservation refused(long tenths, long n, long patience) {
      Reservation reservation = limiter.reserve(t(tenths), n, patience);
      assertFalse(reservation.isOk());
      assertEquals(Duration.ofNanos(Long.MAX_VALUE), reservation.delay(t(tenths)));
      return reservation;
    }

    @Test
    void putsOneAfterTheOther() {
      reserved(0, 2, 0);
      reserved(0, 2, 2);
      reserved(3, 2, 4);
    }

    @Test
    void leavesNothingToTryAcquireUntilTheCreditIsPaidBack() {
      refused(0, 3, FOREVER);
      reserved(0, 2, 0);
      refused(1, 3, FOREVER);
      reserved(1, 2, 2);
      assertEquals(-1, limiter.tokens(t(1)), PRECISION);
      assertFalse(limiter.tryAcquire(t(1), 2));
      assertFalse(limiter.tryAcquire(t(2), 1));
      assertTrue(limiter.tryAcquire(t(3), 1));
    }

    @Test
    void theDelayGetsShorterAsTimePasses() {
      reserved(0, 2, 0);
      Reservation reservation = reserved(0, 2, 2);
      assertEquals(Duration.ofMillis(50), reservation.delay(t(1) + 50_000_000));
      assertEquals(Duration.ZERO, reservation.delay(t(2)));
      assertEquals(Duration.ZERO, reservation.delay(t(3)));
    }

    @Test
    void isRefusedBeyondThePatienceAndChangesNothing() {
      long tenth = 100_000_000;
      assertTrue(limiter.reserve(t(0), 2, tenth).isOk());
      assertTrue(limiter.reserve(t(0), 1, tenth).isOk());
      refused(0, 1, tenth);
      assertEquals(-1, limiter.tokens(t(0)), PRECISION);
      reserved(0, 1, 2);
    }

    @Test
    void atALimitOfZeroNeverBecomesReady() {
      limiter = RateLimiter.perSecond(0, 1);
      reserved(0, 1, 0);
      Reservation never = limiter.reserve(t(0), 1, FOREVER);
      assertTrue(never.isOk());
      assertEquals(Duration.ofNanos(Long.MAX_VALUE), never.delay(t(1_000_000)));
      never.cancel(t(1));
      limiter.setLimit(t(1), 10);
      reserved(1, 1, 2);
    }

    @Test
    void atAnInfiniteLimitIsReadyAtOnceAndHasNothingToGiveBack() {
      limiter = RateLimiter.perSecond(INFINITE, 0);
      Reservation reservation = reserved(0, 5, 0);
      limiter.setLimit(t(0), 10);
      limiter.setBurst(t(0), 10);
      reservation.cancel(t(0));
      assertEquals(0, limiter.tokens(t(0)), PRECISION);
    }

    @Test
    void goesOnFromATimeThatJumpedBack() {
      reserved(1, 2, 1);
      reserved(0, 1, 1);
      reserved(2, 2, 3);
    }

    @Test
    void keepsItsTimeWhenTheLimitChanges() {
      limiter = RateLimiter.perSecond(5, 2);
      reserved(0, 2, 0);
      Reservation before = reserved(0, 2, 4);
      limiter.setLimit(t(2), 10);
      assertEquals(Duration.ofMillis(200), before.delay(t(2)));
      reserved(2, 2, 5); // a token had come at the old limit, three come at the new one
    }

    @Nested
    final class Cancelled {
      @Test
      void givesEverythingBackIfItWasTheLast() {
        reserved(0, 2, 0);
        Reservation last = reserved(0, 2, 2);
        last.cancel(t(1));
        reserved(1, 2, 2);
      }

      @Test
      void givesNothingBackThatLaterOnesHaveBuiltOn() {
        reserved(0, 2, 0);
        Reservation middle = reserved(0, 2, 2);
        reserved(0, 2, 4);
        middle.cancel(t(0));
        reserved(0, 2, 6);
      }

      @Test
      void givesTheRestBack() {
        reserved(0, 2, 0);
        Reservation middle = reserved(0, 2, 2);
        reserved(0, 1, 3);
        middle.cancel(t(2));
        reserved(2, 2, 4);
      }

      @Test
      void givesNothingBackOnceItsTimeHasPassed() {
        reserved(0, 2, 0);
        Reservation used = reserved(0, 2, 2);
        used.cancel(t(3));
        reserved(3, 2, 4);
      }

      @Test
      void givesNothingBackIfItWasRefused() {
        reserved(0, 2, 0);
        Reservation refused = refused(0, 3, FOREVER);
        refused.cancel(t(0));
        reserved(0, 2, 2);
      }

      @Test
      void givesBackOnce() {
        reserved(0, 2, 0);
        Reservation last = reserved(0, 2, 2);
        last.cancel(t(1));
        last.cancel(t(1));
        last.cancel(t(1));
        reserved(1, 2, 2);
      }

      @Test
      void atATimeThatJumpedBackGivesBackWhatItWouldHaveNow() {
        reserved(1, 2, 1);
        Reservation middle = reserved(1, 2, 3);
        reserved(1, 1, 4);
        middle.cancel(t(0));
        assertEquals(-2, limiter.tokens(t(0)), PRECISION);
        reserved(1, 2, 4);
      }

      @Test
      void afterTheLimitChangedCountsByTheOldOne() {
        limiter = RateLimiter.perSecond(5, 2);
        reserved(0, 2, 0);
        Reservation last = reserved(0, 2, 4);
        limiter.setLimit(t(2), 10);
        last.cancel(t(2));
        assertEquals(1, limiter.tokens(t(2)), PRECISION);
        reserved(2, 2, 3);
      }

      @Test
      void neverFillsTheBucketBeyondItsBurst() {
        Reservation one = reserved(0, 2, 0);
        one.cancel(t(0));
        assertEquals(2, limiter.tokens(t(0)), PRECISION);
        Reservation other = reserved(1, 2, 1);
        limiter.setBurst(t(1), 1);
        other.cancel(t(1));
        assertEquals(1, limiter.tokens(t(1)), PRECISION);
      }
    }
  }
}
