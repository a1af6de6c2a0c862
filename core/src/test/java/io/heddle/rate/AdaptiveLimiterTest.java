package io.heddle.rate;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Context;
import io.heddle.DeadlineExceededException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.VirtualClock;
import io.heddle.WaitGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The limiter against services with limits of their own, in virtual time. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class AdaptiveLimiterTest {
  private static final int CLIENTS = 20;
  private static final Duration LATENCY = ofMillis(5);

  /** A service that accepts so many events a second, and up to a tenth of that at once. */
  private static final class Service {
    final RateLimiter bucket;
    final @Nullable Duration retryAfter;
    int accepted;
    int refused;
    int inside;
    int mostInside;

    Service(int rate, @Nullable Duration retryAfter) {
      this.bucket = RateLimiter.perSecond(rate, rate / 10);
      this.retryAfter = retryAfter;
    }

    void change(int rate) {
      bucket.setLimit(rate);
      bucket.setBurst(rate / 10);
    }

    /** Yields how many events it accepts. */
    synchronized int accept(long events) {
      int taken = 0;
      while (taken < events && bucket.tryAcquire()) {
        taken++;
      }
      accepted += taken;
      refused += (int) events - taken;
      return taken;
    }

    synchronized void enter(int by) {
      inside += by;
      mostInside = Math.max(mostInside, inside);
    }

    /** Sends so many requests, each until it is accepted. */
    void use(AdaptiveLimiter limiter, int requests) throws InterruptedException {
      for (int done = 0; done < requests; ) {
        try (Permit permit = limiter.acquire()) {
          enter(1);
          Go.sleep(LATENCY);
          enter(-1);
          if (accept(1) > 0) {
            permit.accepted();
            done++;
          } else {
            permit.refused(retryAfter);
          }
        }
      }
    }
  }

  /** Sends requests from many goroutines; yields how long that takes. */
  private static Duration use(Service service, AdaptiveLimiter limiter, int requests)
      throws InterruptedException {
    long start = Go.nanoTime();
    WaitGroup clients = new WaitGroup();
    for (int i = 0; i < CLIENTS; i++) {
      clients.go(() -> service.use(limiter, requests / CLIENTS));
    }
    clients.await();
    assertEquals(requests, service.accepted);
    assertEquals(0, limiter.active());
    return ofNanos(Go.nanoTime() - start);
  }

  private static void assertLess(Duration least, Duration most, Duration actual, Service service) {
    String what = actual + ", refused " + service.refused;
    assertTrue(actual.compareTo(least) >= 0, what);
    assertTrue(actual.compareTo(most) < 0, what);
  }

  /** At best this takes 19.9 s, and two seconds more for the two refusals that are needed. */
  @Test
  void findsTheRateOfAServiceWithTwoPauses() throws Exception {
    VirtualClock.run(_ -> {
      Service service = new Service(1000, ofSeconds(1));
      AdaptiveLimiter limiter = new AdaptiveLimiter(CLIENTS);
      assertEquals(RateLimiter.INFINITE, limiter.limit());
      Duration time = use(service, limiter, 20_000);
      assertLess(ofSeconds(20), ofMillis(22_500), time, service);
      assertTrue(service.refused <= 2 * CLIENTS, () -> service.refused + " refusals");
      assertEquals(970, limiter.limit(), 20);
    });
  }

  @Test
  void findsTheRateOfAServiceThatDoesNotSayHowLongToWait() throws Exception {
    VirtualClock.run(_ -> {
      Service service = new Service(1000, null);
      Duration time = use(service, new AdaptiveLimiter(CLIENTS), 20_000);
      assertLess(ofSeconds(19), ofSeconds(24), time, service);
      assertTrue(service.refused <= 500, () -> service.refused + " refusals");
    });
  }

  /** At best this takes 29 s. */
  @Test
  void followsARateThatRises() throws Exception {
    VirtualClock.run(_ -> {
      Service service = new Service(100, ofSeconds(1));
      Go.afterFunc(ofSeconds(10), () -> service.change(1000));
      Duration time = use(service, new AdaptiveLimiter(CLIENTS), 20_000);
      assertLess(ofSeconds(28), ofSeconds(60), time, service);
    });
  }

  /** At best this takes 110 s, and a second lost before the change is ten after it. */
  @Test
  void followsARateThatFalls() throws Exception {
    VirtualClock.run(_ -> {
      Service service = new Service(1000, ofSeconds(1));
      Go.afterFunc(ofSeconds(10), () -> service.change(100));
      Duration time = use(service, new AdaptiveLimiter(CLIENTS), 20_000);
      assertLess(ofSeconds(109), ofSeconds(150), time, service);
    });
  }

  @Test
  void nobodyGetsAPermitDuringAPause() throws Exception {
    VirtualClock.run(_ -> {
      AdaptiveLimiter limiter = new AdaptiveLimiter(CLIENTS);
      try (Permit permit = limiter.acquire()) {
        permit.refused(ofSeconds(7));
      }
      assertEquals(ofSeconds(7), limiter.pausedFor());
      limiter.pause(ofSeconds(3));
      limiter.pause(ofSeconds(-1));
      assertEquals(ofSeconds(7), limiter.pausedFor(), "not shortened");
      assertNull(limiter.tryAcquire());
      Go.afterFunc(ofSeconds(1), () -> limiter.pause(ofSeconds(9)));
      limiter.acquire().close();
      assertEquals(ofSeconds(10).toNanos(), Go.nanoTime());
      assertEquals(ZERO, limiter.pausedFor());
    });
  }

  @Test
  void anAnswerMayAskForAPauseWithoutARefusal() throws Exception {
    VirtualClock.run(_ -> {
      AdaptiveLimiter limiter = new AdaptiveLimiter(4);
      try (Permit permit = limiter.acquire()) {
        permit.accepted();
        permit.pause(ofSeconds(2));
        permit.pause(null);
        assertEquals(ZERO, limiter.pausedFor());
      }
      assertEquals(ofSeconds(2), limiter.pausedFor());
      assertEquals(RateLimiter.INFINITE, limiter.limit());
      assertEquals(4, limiter.concurrency());
      try (Permit permit = limiter.acquire()) {
        permit.pause(ofDays(1_000_000_000));
      }
      assertTrue(limiter.pausedFor().compareTo(ofDays(365 * 100)) > 0, limiter::toString);
    });
  }

  /** Each of them is nothing new to a service that refuses everything, so the pauses grow. */
  @Test
  void pausesDoubleWhileEverythingIsRefused() throws Exception {
    VirtualClock.run(_ -> {
      AdaptiveLimiter limiter = new AdaptiveLimiter(4);
      Duration longest = ofMillis(100);
      for (int i = 0; i < 40; i++) {
        try (Permit permit = limiter.acquire();
            Permit other = i == 0 ? limiter.acquire() : permit) {
          permit.refused(i % 2 == 0 ? null : ZERO);
          if (other != permit) {
            other.refused(null);
          }
        }
        Duration pause = limiter.pausedFor();
        assertTrue(pause.compareTo(longest) <= 0, pause + " of " + longest);
        longest =
            longest.multipliedBy(2).compareTo(ofMinutes(1)) < 0
                ? longest.multipliedBy(2)
                : ofMinutes(1);
      }
      Duration waited = ofNanos(Go.nanoTime());
      assertTrue(waited.compareTo(ofMinutes(5)) > 0, waited::toString);
      assertEquals(RateLimiter.INFINITE, limiter.limit(), "nothing was accepted before");
    });
  }

  @Test
  void aRefusalOfARequestThatWasSentBeforeAnotherRefusalIsNothingNew() throws Exception {
    VirtualClock.run(_ -> {
      AdaptiveLimiter limiter = new AdaptiveLimiter(4);
      Permit late = limiter.acquire();
      try (Permit first = limiter.acquire()) {
        first.refused(ofSeconds(1));
      }
      limiter.acquire().close();
      assertEquals(ofSeconds(1).toNanos(), Go.nanoTime());
      late.refused(null);
      late.close();
      assertEquals(ZERO, limiter.pausedFor());
    });
  }

  @Test
  void noMorePermitsAreHeldThanTheConcurrency() throws Exception {
    VirtualClock.run(_ -> {
      Service service = new Service(1_000_000, null);
      AdaptiveLimiter limiter = new AdaptiveLimiter(3);
      assertLess(ofSeconds(1), ofMillis(1700), use(service, limiter, 1000), service);
      assertEquals(3, service.mostInside);
    });
  }

  @Test
  void overloadHalvesTheConcurrencyAndSuccessRaisesIt() throws Exception {
    VirtualClock.run(_ -> {
      AdaptiveLimiter limiter = new AdaptiveLimiter(2, 16, RateLimiter.INFINITE, 1);
      Permit first = limiter.acquire();
      Permit second = limiter.acquire();
      first.overloaded();
      first.close();
      assertEquals(8, limiter.concurrency());
      second.overloaded();
      second.close();
      assertEquals(8, limiter.concurrency(), "sent before the service was known to be overloaded");
      for (int i = 0; i < 5; i++) {
        Go.sleep(LATENCY);
        try (Permit permit = limiter.acquire()) {
          permit.overloaded();
        }
      }
      assertEquals(2, limiter.concurrency());
      assertEquals(ZERO, limiter.pausedFor());
      try (Permit one = limiter.acquire();
          Permit other = limiter.acquire()) {
        assertEquals(2, limiter.active(), one + " " + other);
        assertNull(limiter.tryAcquire());
      }
      for (int i = 0; i < 2 + 3; i++) {
        try (Permit permit = limiter.acquire()) {
          Go.sleep(LATENCY);
          permit.accepted();
        }
      }
      assertEquals(4, limiter.concurrency());
      for (int i = 0; i < 100; i++) {
        try (Permit permit = limiter.acquire()) {
          Go.sleep(LATENCY.multipliedBy(i < 50 ? 3 : 1));
          permit.accepted();
        }
      }
      assertTrue(limiter.concurrency() < 12, limiter + ": requests queue in the service");
      AdaptiveLimiter steady = new AdaptiveLimiter(4, 4, RateLimiter.INFINITE, 1);
      try (Permit permit = steady.acquire()) {
        permit.overloaded();
      }
      assertEquals(4, steady.concurrency());
    });
  }

  @Test
  void theConcurrencyGrowsAgainThoughTheServiceHasBecomeSlowerForGood() throws Exception {
    VirtualClock.run(_ -> {
      AdaptiveLimiter limiter = new AdaptiveLimiter(16);
      for (int i = 0; i < 2000; i++) {
        try (Permit permit = limiter.acquire()) {
          Go.sleep(LATENCY.multipliedBy(i < 20 ? 1 : 4));
          if (i >= 100 && i < 108) { // every second one was sent no later than the last decrease
            permit.overloaded();
          } else {
            permit.accepted();
          }
        }
        if (i == 108) {
          assertEquals(1, limiter.concurrency());
        }
      }
      assertEquals(16, limiter.concurrency());
    });
  }

  /** A service that answers one event sooner than four is not overloaded by four. */
  @Test
  void requestsWithManyEventsAreNotComparedWithThoseWithOne() throws Exception {
    VirtualClock.run(_ -> {
      AdaptiveLimiter limiter = new AdaptiveLimiter(2, 16, RateLimiter.INFINITE, 1);
      try (Permit permit = limiter.acquire()) {
        permit.overloaded();
      }
      for (int i = 0; i < 100; i++) {
        int events = i < 4 ? 1 : 4;
        try (Permit permit = limiter.acquire(events)) {
          Go.sleep(LATENCY.multipliedBy(events));
          permit.accepted();
        }
      }
      assertTrue(limiter.concurrency() > 8, limiter::toString);
    });
  }

  @Test
  void aPermitWithoutAReportTeachesNothing() throws Exception {
    VirtualClock.run(_ -> {
      AdaptiveLimiter limiter = new AdaptiveLimiter(2);
      for (int i = 0; i < 100; i++) {
        Permit permit = limiter.acquire();
        Go.sleep(LATENCY);
        assertEquals(1, limiter.active());
        permit.close();
        permit.close();
        assertEquals(0, limiter.active());
      }
      assertEquals("AdaptiveLimiter[Infinity/s, 0 of 2 active]", limiter.toString());
      Permit first = limiter.acquire();
      Permit second = limiter.acquire();
      assertNull(limiter.tryAcquire(), "closing twice gave back one permit only");
      first.close();
      second.close();
    });
  }

  @Test
  void permitsAreForFewerEventsOnceTheServiceRefusesSingleOnes() throws Exception {
    VirtualClock.run(_ -> {
      Service service = new Service(1000, ofSeconds(1));
      AdaptiveLimiter limiter = new AdaptiveLimiter(CLIENTS);
      boolean wasLess = false;
      for (int left = 5000; left > 0; ) {
        try (Permit permit = limiter.acquire(Math.min(left, 300))) {
          Go.sleep(LATENCY);
          int accepted = service.accept(permit.count());
          permit.accepted(accepted);
          permit.refused(permit.count() - accepted, service.retryAfter);
          wasLess |= permit.count() < 300;
          left -= accepted;
        }
      }
      assertTrue(wasLess);
      assertLess(ofMillis(4900), ofSeconds(13), ofNanos(Go.nanoTime()), service);

      AdaptiveLimiter whole = new AdaptiveLimiter(CLIENTS);
      for (int i = 0; i < 2; i++) {
        try (Permit permit = whole.acquire(300)) {
          permit.accepted();
        }
        try (Permit permit = whole.acquire(300)) {
          Go.sleep(LATENCY);
          permit.refused(ofSeconds(1));
        }
      }
      try (Permit permit = whole.acquire(300)) {
        assertEquals(300, permit.count(), "it counts requests");
      }
    });
  }

  /** The first ten at once, the others a tenth of a second after each other. */
  @Test
  void theFixedLimitIsKept() throws Exception {
    VirtualClock.run(_ -> {
      Service service = new Service(1_000_000, null);
      AdaptiveLimiter limiter = new AdaptiveLimiter(1, CLIENTS, 10, 10);
      assertEquals(10, limiter.limit());
      try (Permit permit = limiter.acquire(25)) {
        assertEquals(10, permit.count());
      }
      assertNull(limiter.tryAcquire());
      Go.sleep(ofSeconds(100));
      assertEquals(ofSeconds(9).plus(LATENCY), use(service, limiter, 100));
    });
  }

  @Test
  void aWaitThatIsCutShortTakesNothing() throws Exception {
    VirtualClock.run(_ -> {
      AdaptiveLimiter limiter = new AdaptiveLimiter(1);
      Permit held = limiter.acquire();
      // One waits for the permit, and another one behind it.
      assertThrows(TimeoutException.class, () -> limiter.acquire(ofSeconds(1)));
      CancelContext context = Context.background().withCancel();
      List<Goroutine<?>> waiting = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        waiting.add(
            Go.go(() -> assertThrows(CancelledException.class, () -> limiter.acquire(context))));
        waiting.add(
            Go.go(() -> {
              Thread.currentThread().interrupt();
              assertThrows(InterruptedException.class, limiter::acquire);
            }));
      }
      Go.sleep(ofSeconds(1));
      context.cancel();
      for (Goroutine<?> goroutine : waiting) {
        goroutine.join();
      }
      held.refused(ofHours(1));
      held.close();
      // One waits for the end of the pause.
      try (CancelContext limited = Context.background().withTimeout(ofMinutes(1))) {
        assertThrows(DeadlineExceededException.class, () -> limiter.acquire(limited));
      }
      Thread waiter = Thread.currentThread();
      Go.afterFunc(ofMinutes(1), waiter::interrupt);
      assertThrows(InterruptedException.class, limiter::acquire);
      TimeoutException late =
          assertThrows(TimeoutException.class, () -> limiter.acquire(3, ofMinutes(2)));
      assertEquals("AdaptiveLimiter.acquire: timed out after 2m", late.getMessage());
      limiter.acquire(ofHours(1)).close();
      assertEquals(0, limiter.active());
    });
  }

  @Test
  void aTimeoutOfZeroDoesNotWait() throws Exception {
    VirtualClock.run(_ -> {
      AdaptiveLimiter limiter = new AdaptiveLimiter(1);
      Permit permit = limiter.acquire(ZERO);
      assertThrows(TimeoutException.class, () -> limiter.acquire(ZERO));
      permit.close();
      limiter.acquire(ofSeconds(-1)).close();
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, () -> limiter.acquire(ZERO));
      assertEquals(0, limiter.active());
    });
  }

  @Test
  void permitsAreGivenInTheOrderOfArrival() throws Exception {
    VirtualClock.run(_ -> {
      AdaptiveLimiter limiter = new AdaptiveLimiter(1, 1, 1, 3);
      limiter.acquire(3).close();
      List<Integer> order = new ArrayList<>();
      WaitGroup clients = new WaitGroup();
      for (int i = 0; i < 5; i++) {
        int number = i;
        clients.go(() -> {
          limiter.acquire(5 - number).close();
          order.add(number);
        });
        Go.sleep(ofMillis(1));
        assertNull(limiter.tryAcquire());
      }
      clients.await();
      assertEquals(List.of(0, 1, 2, 3, 4), order);
    });
  }

  @Test
  void startsOverByAnotherClock() throws Exception {
    AdaptiveLimiter limiter = new AdaptiveLimiter(4);
    Permit outside = limiter.acquire();
    limiter.pause(ofHours(1));
    VirtualClock.run(_ -> {
      try (Permit permit = limiter.acquire(ZERO)) {
        permit.accepted();
      }
      assertEquals(ZERO, limiter.pausedFor());
      outside.refused(ofHours(1));
      outside.close();
      assertEquals(ZERO, limiter.pausedFor(), "a report by another clock");
      assertEquals(0, limiter.active());
    });
  }

  @Test
  void refusesImpossibleNumbers() throws Exception {
    assertThrows(IllegalArgumentException.class, () -> new AdaptiveLimiter(0));
    assertThrows(IllegalArgumentException.class, () -> new AdaptiveLimiter(0, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new AdaptiveLimiter(2, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new AdaptiveLimiter(1, 1, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new AdaptiveLimiter(1, 1, Double.NaN, 1));
    assertThrows(IllegalArgumentException.class, () -> new AdaptiveLimiter(1, 1, 1, 0));
    AdaptiveLimiter limiter = new AdaptiveLimiter(1);
    assertThrows(IllegalArgumentException.class, () -> limiter.acquire(0));
    assertThrows(IllegalArgumentException.class, () -> limiter.tryAcquire(-1));
    assertThrows(IllegalArgumentException.class, () -> limiter.acquire(0, ZERO));
    Permit permit = Objects.requireNonNull(limiter.tryAcquire(5));
    permit.accepted(3);
    assertThrows(IllegalArgumentException.class, () -> permit.refused(3, null));
    assertThrows(IllegalArgumentException.class, () -> permit.accepted(-1));
    assertThrows(IllegalArgumentException.class, permit::accepted);
    permit.refused(0, ofHours(1));
    permit.close();
    assertFalse(limiter.pausedFor().isPositive(), "nothing was refused");
    assertEquals(1, limiter.concurrency());
  }
}
