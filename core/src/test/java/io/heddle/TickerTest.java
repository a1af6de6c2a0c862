package io.heddle;

import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class TickerTest {
  private static final Duration NANO = Duration.ofNanos(1);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);

  private int plain;

  private static Instant at(Duration time) {
    return VirtualClock.START.plus(time);
  }

  @Test
  void ticksAtItsPeriodAndAfterAResetAtItsNewOne() throws Exception {
    VirtualClock.run(clock -> {
      Ticker ticker = Ticker.start(Duration.ofMillis(20));
      Goroutine<?> waiter =
          Go.go(() -> {
            for (int i = 1; i <= 5; i++) {
              assertEquals(at(Duration.ofMillis(20L * i)), ticker.receive());
            }
            ticker.reset(Duration.ofMillis(40));
            for (int i = 1; i <= 5; i++) {
              assertEquals(at(Duration.ofMillis(100 + 40L * i)), ticker.receive());
            }
          });
      for (int i = 0; i < 10; i++) {
        clock.awaitSleepers(1);
        clock.advance(Duration.ofMillis(i < 5 ? 20 : 40));
      }
      waiter.join();
      assertEquals(Duration.ofMillis(300).toNanos(), Go.nanoTime());
    });
  }

  @Test
  void aSlowReceiverGetsTheOldestTickAndThenThoseToCome() throws Exception {
    VirtualClock.run(clock -> {
      Ticker ticker = Ticker.start(SECOND);
      clock.advance(Duration.ofMillis(3_500));
      assertEquals(at(SECOND), ticker.tryReceive());
      assertNull(ticker.tryReceive());
      clock.advance(Duration.ofMillis(500));
      assertEquals(at(SECOND.multipliedBy(4)), ticker.tryReceive());
      assertNull(ticker.tryReceive());
    });
  }

  @Test
  void ticksDoNotDriftHoweverLateTheyAreReceived() throws Exception {
    VirtualClock.run(clock -> {
      Receiver<Instant> ticks = Go.tick(SECOND);
      for (int i = 1; i <= 100; i++) {
        clock.advance(i == 1 ? Duration.ofMillis(1_900) : SECOND);
        assertEquals(at(SECOND.multipliedBy(i)), ticks.receive());
      }
    });
  }

  @Test
  void isSilentAfterStop() throws Exception {
    VirtualClock.run(clock -> {
      Ticker ticker = Ticker.start(SECOND);
      clock.advance(SECOND);
      ticker.stop(); // takes back the tick that nobody has received
      assertNull(ticker.tryReceive());
      Goroutine<?> waiter = Go.go(() -> ticker.receive());
      VirtualClock.awaitBlocked(waiter, "timer receive");
      clock.advance(HOUR);
      VirtualClock.awaitBlocked(waiter, "timer receive");
      ticker.stop();
    });
  }

  @Test
  void stopLeavesASelectToItsOtherCases() throws Exception {
    VirtualClock.run(clock -> {
      Ticker ticker = Ticker.start(SECOND);
      Chan<Instant> other = Chan.unbuffered();
      Goroutine<?> waiter =
          Go.go(() -> assertEquals(at(HOUR), select(ticker.onReceive(), other.onReceive())));
      clock.awaitSleepers(1);
      ticker.stop();
      clock.awaitSleepers(0);
      clock.advance(HOUR);
      other.send(Go.now());
      waiter.join();
    });
  }

  @Test
  void resetTakesBackATickThatNobodyHasReceived() throws Exception {
    VirtualClock.run(clock -> {
      Ticker ticker = Ticker.start(SECOND);
      clock.advance(SECOND);
      ticker.reset(SECOND);
      assertNull(ticker.tryReceive());
      clock.advance(SECOND);
      assertEquals(at(SECOND.multipliedBy(2)), ticker.tryReceive());
    });
  }

  @Test
  void resetToEarlierWakesWhoIsBlocked() throws Exception {
    VirtualClock.run(clock -> {
      Ticker ticker = Ticker.start(HOUR);
      Goroutine<?> waiter = Go.go(() -> assertEquals(at(SECOND), ticker.receive()));
      clock.awaitSleepers(1);
      ticker.reset(SECOND);
      clock.awaitSleepers(1);
      clock.advance(SECOND);
      waiter.join();
    });
  }

  @Test
  void resetStartsAStoppedOneAgain() throws Exception {
    VirtualClock.run(clock -> {
      Ticker ticker = Ticker.start(SECOND);
      ticker.stop();
      clock.advance(HOUR);
      ticker.reset(SECOND);
      clock.advance(SECOND);
      assertEquals(at(HOUR.plus(SECOND)), ticker.tryReceive());
      clock.advance(SECOND);
      assertEquals(at(HOUR.plusSeconds(2)), ticker.tryReceive());
    });
  }

  @Test
  void isUnbuffered() throws Exception {
    VirtualClock.run(clock -> {
      Ticker ticker = Ticker.start(SECOND);
      for (int i = 0; i < 3; i++) {
        assertEquals(0, ticker.len());
        assertEquals(0, ticker.cap());
        clock.advance(SECOND);
      }
    });
  }

  @Test
  void refusesAPeriodThatIsNotPositive() {
    assertThrows(IllegalArgumentException.class, () -> Ticker.start(Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> Ticker.start(NANO.negated()));
    assertThrows(IllegalArgumentException.class, () -> Go.tick(NANO.negated()));
    Ticker ticker = Ticker.start(HOUR);
    assertThrows(IllegalArgumentException.class, () -> ticker.reset(Duration.ZERO));
  }

  @Test
  void aPeriodBeyondTheClocksRangeNeverTicks() throws Exception {
    VirtualClock.run(clock -> {
      Ticker never = Ticker.start(Duration.ofSeconds(Long.MAX_VALUE));
      Ticker almost = Ticker.start(Duration.ofNanos(Long.MAX_VALUE / 2 + 1));
      clock.advance(Duration.ofNanos(Long.MAX_VALUE / 2 + 1));
      assertNull(never.tryReceive());
      assertTrue(almost.tryReceive() != null);
      assertNull(almost.tryReceive()); // its next tick is beyond the range
    });
  }

  @Test
  void severalShareItsTicks() throws Exception {
    Go.run(() -> {
      Ticker ticker = Ticker.start(NANO);
      WaitGroup all = new WaitGroup();
      for (int g = 0; g < 10; g++) {
        all.go(() -> {
          for (int i = 0; i < 100; i++) {
            ticker.receive();
          }
        });
      }
      all.await();
      ticker.stop();
    });
  }

  @Test
  void oneThatIsCollectedForWhileInUseTicksOn() throws Exception {
    Go.run(() -> {
      Receiver<Instant> ticks = Go.tick(NANO);
      for (int i = 0; i < 100; i++) {
        if (i % 20 == 0) {
          System.gc();
        }
        ticks.receive();
      }
    });
  }

  @Test
  void everySelectOnItEndsInATickOrATimeout() throws Exception {
    Go.run(() -> {
      Ticker ticker = Ticker.start(Duration.ofNanos(1_000));
      AtomicInteger ended = new AtomicInteger();
      WaitGroup all = new WaitGroup();
      for (int g = 0; g < 4; g++) {
        all.go(() -> {
          for (int i = 0; i < 5_000; i++) {
            select(ticker.onReceive(), Go.after(Duration.ofMillis(1)).onReceive());
            ended.incrementAndGet();
          }
        });
      }
      all.await();
      assertEquals(20_000, ended.get());
    });
  }

  @Test
  void startedUsedAndStoppedAgainAndAgain() throws Exception {
    Go.run(() -> {
      for (int i = 0; i < 3; i++) {
        Ticker ticker = Ticker.start(Duration.ofMillis(1));
        ticker.receive();
        ticker.stop();
      }
    });
  }

  @Test
  void whatHappensBeforeAResetIsSeenAfterTheReceive() throws Exception {
    Go.run(() -> {
      Ticker ticker = Ticker.start(HOUR);
      Chan<Integer> seen = Chan.unbuffered();
      Go.go(() -> {
        while (true) {
          ticker.receive();
          ticker.stop();
          seen.send(plain);
        }
      });
      for (int i = 0; i < 1_000; i++) {
        plain = i;
        ticker.reset(NANO);
        assertEquals(i, seen.receive());
      }
    });
  }
}
