package io.heddle.rate;

import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.DeadlineExceededException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.VirtualClock;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that wait, in virtual time. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class RateLimiterWaitTest {
  private static final double PRECISION = 1e-9;

  private static Duration tenths(long n) {
    return Duration.ofMillis(100 * n);
  }

  private static void assertTenths(long n) {
    assertEquals(tenths(n).toNanos(), Go.nanoTime());
  }

  @Test
  void doesNotWaitForWhatIsThere() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 4);
      limiter.acquire();
      limiter.acquire(Context.background());
      limiter.acquire(Duration.ZERO);
      limiter.acquire(1, Duration.ZERO);
      limiter.acquire(0);
      assertEquals(0, limiter.tokens(), PRECISION);
      assertFalse(limiter.tryAcquire());
    });
  }

  /** Else who is held up after reading it would turn the time back for those who come later. */
  @Test
  void nobodyComesBetweenWhenTheClockIsRead() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 4);
      Reservation reservation = limiter.reserve();
      List<Runnable> calls =
          List.of(
              limiter::tryAcquire,
              limiter::reserve,
              limiter::tokens,
              () -> limiter.setLimit(10),
              () -> limiter.setBurst(4),
              reservation::cancel);
      AtomicInteger waited = new AtomicInteger();
      for (Runnable call : calls) {
        clock.atNextReading(() -> {
          Goroutine<?> other = Go.go(limiter::burst);
          VirtualClock.await(
              () -> other.isDone() || other.thread().getState() == Thread.State.BLOCKED,
              () -> other + " to wait, or to be through");
          waited.addAndGet(other.isDone() ? 0 : 1);
        });
        call.run();
      }
      assertEquals(calls.size(), waited.get());
    });
  }

  /** Although it does not take the lock to tell so. */
  @Test
  void isEmptyExactlyUntilThereIsAToken() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 1);
      assertTrue(limiter.tryAcquire());
      clock.advance(tenths(1).minusNanos(1));
      assertFalse(limiter.tryAcquire());
      clock.advance(Duration.ofNanos(1));
      assertTrue(limiter.tryAcquire(0));
      assertTrue(limiter.tryAcquire());

      assertFalse(limiter.tryAcquire());
      assertTrue(limiter.tryAcquire(0));
      assertTrue(limiter.reserve().isOk());
      clock.advance(tenths(1).minusNanos(1));
      assertFalse(limiter.tryAcquire());
      clock.advance(Duration.ofNanos(1));
      assertFalse(limiter.tryAcquire(), "it is reserved");

      Reservation reservation = limiter.reserve();
      clock.advance(tenths(1).minusNanos(1));
      reservation.cancel();
      clock.advance(Duration.ofNanos(1));
      assertTrue(limiter.tryAcquire());
    });
  }

  @Test
  void isNotEmptyLongerThanTheLimitSaysThatItIsGiven() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(0, 1);
      assertTrue(limiter.tryAcquire());
      clock.advance(Duration.ofDays(1000));
      assertFalse(limiter.tryAcquire());
      limiter.setLimit(10);
      clock.advance(tenths(1));
      assertTrue(limiter.tryAcquire());
      limiter.setLimit(RateLimiter.INFINITE);
      assertTrue(limiter.tryAcquire());
      limiter.setLimit(10);
      assertTrue(limiter.tryAcquire(), "it is full");
      limiter.setBurst(3);
      assertFalse(limiter.tryAcquire());
      clock.advance(tenths(3));
      assertTrue(limiter.tryAcquire(3));
    });
  }

  @Test
  void waitsUntilThereAreEnough() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 3);
      limiter.acquire(3);
      Goroutine<?> waiter =
          Go.go(() -> {
            limiter.acquire(2);
            assertTenths(2);
            limiter.acquire(Context.background());
            assertTenths(3);
            limiter.acquire(tenths(1));
            assertTenths(4);
          });
      for (int i : new int[] {2, 1, 1}) {
        clock.awaitSleepers(1);
        VirtualClock.awaitBlocked(waiter, "RateLimiter.acquire");
        clock.advance(tenths(i));
      }
      waiter.join();
    });
  }

  @Test
  void servesThoseWhoWaitOneAfterTheOther() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 5);
      Chan<Integer> served = Chan.buffered(50);
      for (int i = 0; i < 50; i++) {
        Go.go(() -> {
          limiter.acquire();
          served.send(1);
        });
      }
      clock.awaitSleepers(45);
      for (int i = 0; i < 5; i++) {
        served.receive();
      }
      for (int left = 45; left > 0; left--) {
        clock.awaitSleepers(left);
        clock.advance(tenths(1));
        served.receive();
      }
    });
  }

  @Test
  void ofManyAtOnceExactlyTheBurstIsAllowed() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(1, 5);
      AtomicInteger allowed = new AtomicInteger();
      WaitGroup all = new WaitGroup();
      for (int i = 0; i < 15; i++) {
        all.go(() -> {
          if (limiter.tryAcquire()) {
            allowed.incrementAndGet();
          }
        });
      }
      all.await();
      assertEquals(5, allowed.get());
    });
  }

  @Test
  void refusesMoreThanTheBurst() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 3);
      assertThrows(IllegalArgumentException.class, () -> limiter.acquire(4));
      assertThrows(IllegalArgumentException.class, () -> RateLimiter.perSecond(1, 0).acquire());
      assertEquals(3, limiter.tokens(), PRECISION);
      assertFalse(limiter.reserve(4).isOk());
      assertFalse(limiter.tryAcquire(4));
    });
  }

  @Test
  void takesNothingIfTheContextIsDoneAlready() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 3);
      var context = Context.background().withCancel();
      context.cancel();
      assertThrows(CancelledException.class, () -> limiter.acquire(1, context));
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, limiter::acquire);
      assertEquals(3, limiter.tokens(), PRECISION);
    });
  }

  @Test
  void givesTheTokensBackIfTheContextEndsTheWait() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 3);
      limiter.acquire(3);
      var context = Context.background().withCancel();
      Goroutine<?> waiter =
          Go.go(() -> assertThrows(CancelledException.class, () -> limiter.acquire(3, context)));
      clock.awaitSleepers(1);
      assertEquals(-3, limiter.tokens(), PRECISION);
      clock.advance(tenths(1));
      context.cancel();
      waiter.join();
      assertEquals(1, limiter.tokens(), PRECISION);
    });
  }

  @Test
  void givesTheTokensBackIfAnInterruptEndsTheWait() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 3);
      limiter.acquire(3);
      Goroutine<?> waiter =
          Go.go(() -> assertThrows(InterruptedException.class, () -> limiter.acquire(3)));
      clock.awaitSleepers(1);
      waiter.thread().interrupt();
      waiter.join();
      assertEquals(0, limiter.tokens(), PRECISION);
    });
  }

  @Test
  void failsAtOnceIfTheDeadlineOfTheContextComesTooEarly() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 3);
      limiter.acquire(3);
      try (var tooEarly = Context.background().withTimeout(tenths(2).minusNanos(1));
          var justInTime = Context.background().withTimeout(tenths(2).plusNanos(1))) {
        assertThrows(DeadlineExceededException.class, () -> limiter.acquire(2, tooEarly));
        assertTenths(0);
        assertEquals(0, limiter.tokens(), PRECISION);
        Goroutine<?> waiter = Go.go(() -> limiter.acquire(2, justInTime));
        clock.awaitSleepers(1);
        clock.advance(tenths(2));
        waiter.join();
      }
    });
  }

  @Test
  void failsAtOnceIfTheTimeDoesNotSuffice() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 3);
      limiter.acquire(3);
      assertThrows(TimeoutException.class, () -> limiter.acquire(2, tenths(2).minusNanos(1)));
      assertThrows(TimeoutException.class, () -> limiter.acquire(1, tenths(1).negated()));
      assertEquals(0, limiter.tokens(), PRECISION);
      Goroutine<?> waiter = Go.go(() -> limiter.acquire(2, tenths(2)));
      clock.awaitSleepers(1);
      clock.advance(tenths(2));
      waiter.join();
    });
  }

  @Test
  void aDeadlineAtTheEndOfTimeIsNoDeadline() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 1);
      try (var context = Context.background().withDeadline(Instant.MAX)) {
        limiter.acquire(context);
        Goroutine<?> waiter = Go.go(() -> limiter.acquire(context));
        clock.awaitSleepers(1);
        clock.advance(tenths(1));
        waiter.join();
      }
      limiter.acquire(0, Duration.ofSeconds(Long.MAX_VALUE));
    });
  }

  @Test
  void doesNotWaitAtAnInfiniteLimit() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(RateLimiter.INFINITE, 0);
      for (int i = 0; i < 100; i++) {
        limiter.acquire(3);
      }
    });
  }

  @Test
  void waitsForEverAtALimitOfZeroUntilItIsCancelled() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(0, 1);
      limiter.acquire();
      var context = Context.background().withCancel();
      Goroutine<?> waiter =
          Go.go(() -> assertThrows(CancelledException.class, () -> limiter.acquire(context)));
      VirtualClock.awaitBlocked(waiter, "RateLimiter.acquire");
      clock.advance(Duration.ofDays(36_500));
      VirtualClock.awaitBlocked(waiter, "RateLimiter.acquire");
      context.cancel();
      waiter.join();
      assertEquals(0, limiter.tokens(), PRECISION);
    });
  }

  @Test
  void waitsByTheNewLimitAfterALimitOfZero() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(0, 1);
      limiter.acquire();
      assertThrows(TimeoutException.class, () -> limiter.acquire(Duration.ofDays(36_500)));
      limiter.setLimit(10);
      Goroutine<?> waiter = Go.go(() -> limiter.acquire());
      clock.awaitSleepers(1);
      clock.advance(tenths(1));
      waiter.join();
    });
  }

  @Test
  void aReservationIsACaseOfASelect() throws Exception {
    VirtualClock.run(clock -> {
      RateLimiter limiter = RateLimiter.perSecond(10, 1);
      Chan<String> updates = Chan.unbuffered();
      assertEquals("ready", select(limiter.reserve().onReady(() -> "ready")));
      Goroutine<?> waiter =
          Go.go(() -> {
            Reservation slot = limiter.reserve();
            String first = select(slot.onReady(() -> "ready"), updates.onReceive());
            assertEquals("update", first);
            slot.cancel();
            Reservation again = limiter.reserve();
            assertEquals(tenths(1), again.delay());
            select(again.onReady());
            assertTenths(1);
          });
      clock.awaitSleepers(1);
      updates.send("update");
      clock.awaitSleepers(1);
      clock.advance(tenths(1));
      waiter.join();
    });
  }

  @Test
  void theBurstMayFollowABreakButTheLimitHolds() throws Exception {
    Go.run(() -> {
      RateLimiter limiter = RateLimiter.perSecond(2_000, 10);
      long start = Go.nanoTime();
      WaitGroup all = new WaitGroup();
      for (int g = 0; g < 5; g++) {
        all.go(() -> {
          for (int i = 0; i < 20; i++) {
            limiter.acquire();
          }
        });
      }
      all.await();
      assertTrue(Go.nanoTime() - start >= 45_000_000 - 1_000);
    });
  }
}
