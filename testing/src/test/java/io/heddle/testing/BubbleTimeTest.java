package io.heddle.testing;

import static io.heddle.Go.after;
import static io.heddle.Go.afterFunc;
import static io.heddle.Go.go;
import static io.heddle.Go.now;
import static io.heddle.Go.sleep;
import static io.heddle.Select.select;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Cond;
import io.heddle.Context;
import io.heddle.DeadlineExceededException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Mutex;
import io.heddle.Task;
import io.heddle.Ticker;
import io.heddle.Timer;
import io.heddle.WaitGroup;
import io.heddle.rate.RateLimiter;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Time in a bubble, and events from outside of it. */
@Timeout(60)
final class BubbleTimeTest {
  private static final Instant START = Instant.parse("2000-01-01T00:00:00Z");

  private static Duration elapsed() {
    return ofNanos(Go.nanoTime());
  }

  @Test
  void aTimerThatIsReadBeforeItsTimeAdvancesTimeExactly() throws Exception {
    Bubble.run(() -> {
      assertEquals(START.plusSeconds(5), Timer.start(ofSeconds(5)).receive());
      assertEquals(ofSeconds(5), elapsed());
    });
  }

  @Test
  void aTimerThatIsReadLateYieldsItsOwnTime() throws Exception {
    Bubble.run(() -> {
      Timer timer = Timer.start(ofSeconds(1));
      sleep(ofSeconds(3));
      assertEquals(START.plusSeconds(1), timer.tryReceive());
      assertEquals(ofSeconds(3), elapsed());
    });
  }

  @Test
  void aTimerOfNoTimeCanBeReadWithoutWaiting() throws Exception {
    Bubble.run(() -> assertEquals(START, after(Duration.ZERO).tryReceive()));
  }

  @Test
  void aTimerCanBeReset() throws Exception {
    Bubble.run(() -> {
      Timer timer = Timer.start(ofSeconds(1));
      assertTrue(timer.reset(ofSeconds(2)));
      sleep(ofSeconds(1));
      assertNull(timer.tryReceive());
      assertTrue(timer.reset(ofSeconds(1)));
      assertEquals(START.plusSeconds(2), timer.receive());
    });
  }

  @Test
  void aTickerTicksExactly() throws Exception {
    Bubble.run(() -> {
      Ticker ticker = Ticker.start(ofMillis(10));
      for (int i = 1; i <= 100; i++) {
        assertEquals(START.plusMillis(10L * i), ticker.receive());
      }
    });
  }

  @Test
  void whatAfterFuncStartsBelongsToTheBubble() throws Exception {
    Bubble.run(() -> {
      Chan<Instant> times = Chan.unbuffered();
      afterFunc(
          ofSeconds(1),
          () -> {
            sleep(ofSeconds(1));
            times.send(now());
          });
      assertEquals(START.plusSeconds(2), times.receive());
    });
  }

  @Test
  void whatIsDueAfterTheEndOfMainNeverRuns() throws Exception {
    AtomicBoolean ran = new AtomicBoolean();
    Bubble.run(() -> afterFunc(ofSeconds(1), () -> ran.set(true)));
    assertFalse(ran.get());
  }

  @Test
  void anAfterFuncOfNoTimeRunsWhileTheBubbleIsBusy() throws Exception {
    Bubble.run(() -> {
      AtomicBoolean ran = new AtomicBoolean();
      afterFunc(Duration.ZERO, () -> ran.set(true));
      while (!ran.get()) {
        Go.gosched();
      }
    });
  }

  @Test
  void whatIsDueAtTheSameInstantComesInAnyOrder() throws Exception {
    Set<String> orders = new HashSet<>();
    for (int i = 0; i < 1000 && orders.size() < 2; i++) {
      Bubble.run(() -> {
        Chan<String> order = Chan.buffered(2);
        afterFunc(ofSeconds(1), () -> order.send("a"));
        afterFunc(ofSeconds(1), () -> order.send("b"));
        sleep(ofSeconds(2));
        orders.add(order.receive() + order.receive());
      });
    }
    assertEquals(Set.of("ab", "ba"), orders);
  }

  @Test
  void aConditionIsWaitedForInVirtualTime() throws Exception {
    Bubble.run(() -> {
      Mutex mutex = new Mutex();
      Cond cond = new Cond(mutex);
      go(() -> {
        sleep(ofMillis(1));
        cond.signal();
        sleep(ofMillis(1));
        cond.broadcast();
      });
      mutex.lock();
      cond.await();
      assertEquals(ofMillis(1), elapsed());
      cond.await();
      assertEquals(ofMillis(2), elapsed());
      mutex.unlock();
    });
  }

  @Test
  void aContextEndsAtItsDeadlineAndNotBefore() throws Exception {
    Bubble.run(() -> {
      try (var context = Context.background().withTimeout(ofSeconds(5))) {
        sleep(ofSeconds(5).minusNanos(1));
        Bubble.settle();
        assertNull(context.error());
        sleep(ofNanos(1));
        Bubble.settle();
        assertInstanceOf(DeadlineExceededException.class, context.error());
      }
    });
  }

  @Test
  void theEndOfAContextRunsWhatWaitsForIt() throws Exception {
    Bubble.run(() -> {
      boolean[] called = new boolean[1];
      var context = Context.background().withCancel();
      context.afterFunc(() -> called[0] = true);
      Bubble.settle();
      assertFalse(called[0]);
      context.cancel();
      Bubble.settle();
      assertTrue(called[0]);
    });
  }

  @Test
  void aCancelledGoroutineStopsSleepingAtOnce() throws Exception {
    Bubble.run(() -> {
      Goroutine<?> sleeper;
      try (var context = Context.background().withCancel()) {
        sleeper = go(context, () -> sleep(ofHours(1)));
        sleep(ofSeconds(1));
      }
      sleeper.join();
      Goroutine<?> other = go(() -> sleep(ofHours(1)));
      other.cancel();
      other.join();
      assertEquals(ofSeconds(1), elapsed());
    });
  }

  @Test
  void aThreadsInterruptIsSeenBeforeTimePasses() throws Exception {
    Bubble.run(() -> {
      Goroutine<?> sleeper =
          go(() -> assertThrows(InterruptedException.class, () -> sleep(ofHours(1))));
      Bubble.settle();
      sleeper.thread().interrupt();
      sleeper.join();
      assertEquals(Duration.ZERO, elapsed());
    });
  }

  @Test
  void aRateLimiterTakesNoRealTime() throws Exception {
    Bubble.run(() -> {
      RateLimiter limiter = RateLimiter.perSecond(1, 1);
      for (int i = 0; i < 3601; i++) {
        limiter.acquire();
      }
      assertEquals(3600, elapsed().toSeconds());
    });
  }

  @Test
  void aProgramInABubbleSharesItsTime() throws Exception {
    Bubble.run(() -> {
      Go.run(() -> {
        go(() -> sleep(ofHours(9)));
        sleep(ofHours(1));
      });
      assertEquals(ofHours(1), elapsed());
    });
  }

  @Test
  void theTimersOfABubbleCannotBeUsedOutside() throws Exception {
    AtomicReference<Timer> timer = new AtomicReference<>();
    Bubble.run(() -> timer.set(Timer.start(ofSeconds(1))));
    assertOutside(() -> timer.get().receive());
    assertOutside(() -> timer.get().reset(ofSeconds(1)));
    assertOutside(() -> timer.get().stop());
    Bubble.run(() -> assertOutside(() -> timer.get().receive()));
  }

  private static void assertOutside(Task use) {
    IllegalStateException error = assertThrows(IllegalStateException.class, use::run);
    assertTrue(error.getMessage().contains("of a bubble used from outside"), error.getMessage());
  }

  @Test
  void aTimerFromOutsideTakesItsRealTime() throws Exception {
    Timer outside = Timer.start(ofMillis(20));
    Bubble.run(() -> {
      go(() -> sleep(ofHours(1)));
      String first =
          select(outside.onReceive(t -> "real"), after(ofHours(1)).onReceive(t -> "virtual"));
      assertEquals("real", first);
      assertEquals(Duration.ZERO, elapsed());
      sleep(ofHours(1));
    });
  }

  @Test
  void aWaitGroupFromOutsideStopsTime() throws Exception {
    WaitGroup outside = new WaitGroup();
    outside.go(() -> Thread.sleep(20)); // real time, in which a bubble that did not wait would end
    Bubble.run(() -> {
      outside.await();
      assertEquals(Duration.ZERO, elapsed());
    });
  }

  @Test
  void blockingInTheJdkStopsTime() throws Exception {
    Bubble.run(() -> {
      CountDownLatch latch = new CountDownLatch(1);
      Goroutine<?> sleeper = go(() -> sleep(ofHours(1)));
      Goroutine<?> blocked =
          go(() -> {
            latch.await();
            assertEquals(Duration.ZERO, elapsed());
          });
      Thread.sleep(20); // real time, in which virtual time must not pass
      assertEquals(Duration.ZERO, elapsed());
      latch.countDown();
      blocked.join();
      sleeper.join();
      assertEquals(ofHours(1), elapsed());
    });
  }

  @Test
  void aBubbleInABubbleIsRefused() throws Exception {
    Bubble.run(
        () -> assertThrows(IllegalStateException.class, () -> Bubble.run(() -> sleep(ofHours(1)))));
  }

  @Test
  void twoCannotSettleAtATime() throws Exception {
    Bubble.run(() -> {
      Chan<Integer> channel = Chan.unbuffered();
      AtomicReference<Throwable> refused = new AtomicReference<>();
      for (int i = 0; i < 2; i++) {
        go(() -> {
          try {
            Bubble.settle();
          } catch (IllegalStateException e) {
            refused.set(e);
          }
          channel.receive();
        });
      }
      sleep(ofSeconds(1));
      assertNotNull(refused.get());
      channel.close();
    });
  }
}
