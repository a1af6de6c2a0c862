package io.heddle;

import static io.heddle.Select.choose;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
@Tag("slow")
final class TimerTest {
  private static final Duration NANO = Duration.ofNanos(1);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration CENTURIES = Duration.ofSeconds(Long.MAX_VALUE);

  private int plain;

  private static Instant at(Duration time) {
    return VirtualClock.START.plus(time);
  }

  @Nested
  final class Yields {
    @Test
    void theTimeAtWhichItWasDueToWhoWaitsForIt() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(SECOND);
        Goroutine<?> waiter = Go.go(() -> assertEquals(at(SECOND), timer.receive()));
        clock.awaitSleepers(1);
        VirtualClock.awaitBlocked(waiter, "timer receive");
        clock.advance(SECOND.minus(NANO));
        clock.awaitSleepers(1);
        clock.advance(NANO);
        waiter.join();
      });
    }

    @Test
    void theTimeAtWhichItWasDueToWhoComesLate() throws Exception {
      VirtualClock.run(clock -> {
        Receiver<Instant> after = Go.after(SECOND);
        assertNull(after.tryReceive());
        clock.advance(HOUR);
        assertEquals(at(SECOND), after.receive());
      });
    }

    @Test
    void once() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(SECOND);
        clock.advance(HOUR);
        assertEquals(at(SECOND), timer.tryReceive());
        assertNull(timer.tryReceive());
        assertFalse(timer.isDrained());
        clock.advance(HOUR);
        assertNull(timer.tryReceive());
        Goroutine<?> late = Go.go(() -> timer.receive());
        VirtualClock.awaitBlocked(late, "timer receive");
      });
    }

    @Test
    void tenOneAfterTheOtherWithoutDrift() throws Exception {
      VirtualClock.run(clock -> {
        Duration step = Duration.ofMillis(100);
        Goroutine<?> waiter =
            Go.go(() -> {
              for (int i = 1; i <= 10; i++) {
                assertEquals(at(step.multipliedBy(i)), Go.after(step).receive());
              }
            });
        for (int i = 0; i < 10; i++) {
          clock.awaitSleepers(1);
          clock.advance(step);
        }
        waiter.join();
      });
    }

    @Test
    void inTheOrderOfTheDeadlines() throws Exception {
      VirtualClock.run(clock -> {
        Chan<Integer> fired = Chan.buffered(13);
        for (int slot : new int[] {5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0}) {
          Receiver<Instant> after = Go.after(SECOND.multipliedBy(slot + 1));
          Go.go(() -> {
            after.receive();
            fired.send(slot);
          });
        }
        clock.awaitSleepers(13);
        int[] order = {0, 1, 1, 2, 3, 4, 5, 6, 6, 6, 7, 8, 9};
        int slot = -1;
        for (int expected : order) {
          while (slot < expected) {
            clock.advance(SECOND);
            slot++;
          }
          assertEquals(expected, fired.receive());
        }
      });
    }

    @Test
    void atOnceIfTheTimeIsNotPositive() throws Exception {
      VirtualClock.run(clock -> {
        for (Duration none : new Duration[] {Duration.ZERO, NANO.negated(), HOUR.negated()}) {
          assertEquals(at(Duration.ZERO), Go.after(none).tryReceive());
        }
      });
    }

    @Test
    void aMillionZeroTimersInRealTime() throws Exception {
      Go.run(() -> {
        for (int i = 0; i < 1_000_000; i++) {
          Timer.start(Duration.ZERO).receive();
        }
      });
    }

    @Test
    void neverBeyondTheClocksRangeDisturbingNobody() throws Exception {
      VirtualClock.run(clock -> {
        clock.advance(SECOND);
        Timer never = Timer.start(CENTURIES);
        Timer almost = Timer.start(Duration.ofNanos(Long.MAX_VALUE));
        Goroutine<?> waiter = Go.go(() -> select(never.onReceive(), almost.onReceive()));
        Goroutine<?> other = Go.go(() -> Go.after(SECOND).receive());
        clock.awaitSleepers(2);
        clock.advance(SECOND);
        other.join();
        clock.advance(Duration.ofDays(36_500));
        VirtualClock.awaitBlocked(waiter, "select");
        assertTrue(never.stop());
        assertTrue(almost.stop());
        assertFalse(never.stop());
      });
    }

    @Test
    void toThreadsThatAreNoGoroutines() throws Exception {
      assertNotNull(Go.after(Duration.ofMillis(1)).receive());
    }

    @Test
    void toAForLoopUntilTheLoopEnds() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(Duration.ZERO);
        for (Instant time : timer) {
          assertEquals(at(Duration.ZERO), time);
          break;
        }
      });
    }
  }

  @Nested
  final class IsUnbuffered {
    @Test
    void whateverItsState() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(SECOND);
        assertEmpty(timer);
        clock.advance(HOUR);
        assertEmpty(timer);
        timer.receive();
        assertEmpty(timer);
        timer.stop();
        assertEmpty(timer);
      });
    }

    private void assertEmpty(Timer timer) {
      assertEquals(0, timer.len());
      assertEquals(0, timer.cap());
    }
  }

  @Nested
  final class Stop {
    @Test
    void keepsItFromYielding() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(SECOND);
        assertTrue(timer.stop());
        assertFalse(timer.stop());
        clock.advance(HOUR);
        assertNull(timer.tryReceive());
      });
    }

    @Test
    void takesBackATimeThatNobodyHasReceived() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(SECOND);
        clock.advance(HOUR);
        assertTrue(timer.stop());
        assertNull(timer.tryReceive());
        assertFalse(timer.stop());
      });
    }

    @Test
    void comesTooLateOnceTheTimeWasReceived() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(SECOND);
        clock.advance(SECOND);
        timer.receive();
        assertFalse(timer.stop());
      });
    }

    @Test
    void leavesThoseWhoWaitWaiting() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(SECOND);
        Goroutine<?> plain = Go.go(() -> timer.receive());
        Goroutine<?> selecting = Go.go(() -> choose(timer.onReceive(), Chan.never().onReceive()));
        clock.awaitSleepers(2);
        timer.stop();
        clock.awaitSleepers(0);
        clock.advance(HOUR);
        VirtualClock.awaitBlocked(plain, "timer receive");
        VirtualClock.awaitBlocked(selecting, "select");
      });
    }
  }

  @Nested
  final class Reset {
    @Test
    void postponesATimerThatRuns() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(SECOND);
        Goroutine<?> waiter = Go.go(() -> assertEquals(at(HOUR), timer.receive()));
        clock.awaitSleepers(1);
        assertTrue(timer.reset(HOUR));
        clock.advance(HOUR.minus(NANO));
        clock.awaitSleepers(1);
        clock.advance(NANO);
        waiter.join();
      });
    }

    @Test
    void toEarlierWakesWhoIsBlocked() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(HOUR);
        Goroutine<?> plain = Go.go(() -> assertEquals(at(SECOND), timer.receive()));
        clock.awaitSleepers(1);
        timer.reset(SECOND);
        clock.awaitSleepers(1);
        clock.advance(SECOND);
        plain.join();
      });
    }

    @Test
    void toEarlierWakesASelectThatIsBlocked() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(HOUR);
        Goroutine<?> selecting =
            Go.go(() ->
                assertEquals(
                    at(SECOND),
                    select(
                        timer.onReceive(),
                        Chan.<Instant>unbuffered().onReceive(),
                        Go.after(HOUR).onReceive())));
        clock.awaitSleepers(1);
        timer.reset(SECOND);
        clock.awaitSleepers(1);
        clock.advance(SECOND);
        selecting.join();
      });
    }

    @Test
    void ofAStoppedTimerWakesWhoIsBlocked() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(HOUR);
        timer.stop();
        Goroutine<?> waiter = Go.go(() -> assertEquals(at(SECOND), timer.receive()));
        VirtualClock.awaitBlocked(waiter, "timer receive");
        assertFalse(timer.reset(SECOND));
        clock.awaitSleepers(1);
        clock.advance(SECOND);
        waiter.join();
      });
    }

    @Test
    void ofOneWhoseTimeWasReceivedStartsItAgain() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(SECOND);
        clock.advance(SECOND);
        timer.receive();
        assertFalse(timer.reset(SECOND));
        clock.advance(SECOND);
        assertEquals(at(SECOND.multipliedBy(2)), timer.tryReceive());
      });
    }

    @Test
    void takesBackATimeThatNobodyHasReceived() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(SECOND);
        clock.advance(SECOND);
        assertTrue(timer.reset(SECOND));
        assertNull(timer.tryReceive());
        clock.advance(SECOND);
        assertEquals(at(SECOND.multipliedBy(2)), timer.tryReceive());
      });
    }

    @Test
    void aThousandTimersMovedIntoThePastYieldAtOnce() throws Exception {
      VirtualClock.run(clock -> {
        for (int round = 0; round < 10; round++) {
          WaitGroup all = new WaitGroup();
          List<Timer> timers = new ArrayList<>();
          for (int i = 0; i < 1_000; i++) {
            Timer timer = Timer.start(HOUR.plusNanos(i));
            timers.add(timer);
            all.go(timer::receive);
          }
          clock.awaitSleepers(1_000);
          timers.forEach(timer -> timer.reset(NANO.negated()));
          all.await();
        }
      });
    }

    @Test
    void noneOfAHundredIsLostHoweverTheyAreResetAndStopped() throws Exception {
      for (long seed = 0; seed < 10; seed++) {
        Random random = new Random(seed);
        VirtualClock.run(clock -> {
          List<Timer> timers = new ArrayList<>();
          WaitGroup all = new WaitGroup();
          for (int i = 0; i < 100; i++) {
            Timer timer = Timer.start(Duration.ofMillis(random.nextInt(100)));
            timers.add(timer);
            all.go(timer::receive);
          }
          for (int step = 0; step < 11; step++) {
            for (Timer timer : timers) {
              switch (random.nextInt(4)) {
                case 0 -> timer.stop();
                case 1 -> timer.reset(Duration.ofMillis(random.nextInt(100)));
                case 2 -> timer.reset(HOUR);
                default -> {}
              }
            }
            clock.advance(Duration.ofMillis(random.nextInt(10)));
          }
          timers.forEach(timer -> timer.reset(Duration.ZERO));
          all.await();
        });
      }
    }

    @Test
    void whatHappensBeforeItIsSeenAfterTheReceive() throws Exception {
      Go.run(() -> {
        Timer timer = Timer.start(CENTURIES);
        Chan<Integer> seen = Chan.unbuffered();
        Go.go(() -> {
          while (true) {
            timer.receive();
            seen.send(plain);
          }
        });
        for (int i = 0; i < 2_000; i++) {
          plain = i;
          timer.reset(Duration.ofNanos(i % 3));
          assertEquals(i, seen.receive());
        }
      });
    }
  }

  @Nested
  final class IsGarbage {
    @Test
    void whenNobodyRefersToItThoughItRuns() throws Exception {
      Go.run(() -> {
        assertCollected(new WeakReference<>(Timer.start(HOUR)));
        assertCollected(new WeakReference<>(Ticker.start(NANO)));
        assertCollected(new WeakReference<>(Go.after(HOUR)));
        assertCollected(new WeakReference<>(Go.tick(HOUR)));
      });
    }

    @Test
    void whenASelectHasChosenAnotherCase() throws Exception {
      Go.run(() -> {
        WeakReference<?> timer = abandonedInASelect();
        Go.after(Duration.ZERO).receive(); // the goroutine's last wait is another one
        assertCollected(timer);
      });
    }

    private WeakReference<?> abandonedInASelect() throws InterruptedException {
      Chan<Integer> items = Chan.unbuffered();
      Receiver<Instant> after = Go.after(HOUR);
      Goroutine<?> self = Goroutine.current();
      Go.go(() -> {
        VirtualClock.awaitBlocked(self, "select");
        items.send(1);
      });
      select(after.onReceive(time -> 0), items.onReceive());
      return new WeakReference<>(after);
    }

    private void assertCollected(WeakReference<?> reference) {
      TestSupport.awaitCollected("the timer", () -> reference.refersTo(null));
    }
  }

  @Test
  void timeoutsGoOffThoughChannelsKeepGoroutinesBusy() throws Exception {
    Go.run(() -> {
      Chan<Integer> flood = Chan.unbuffered();
      Chan<Integer> end = Chan.unbuffered();
      for (int g = 0; g < 2; g++) {
        Go.go(() -> {
          var send = flood.onSend(1);
          Select either = Select.of(send, end.onReceive());
          while (either.await() == send) {}
        });
      }
      var due = Go.after(Duration.ofMillis(20)).onReceive();
      Select either = Select.of(due, flood.onReceive());
      while (either.await() != due) {}
      end.close();
    });
  }

  /** Waits with a timeout that is taken back, among which no wake-up may be lost. */
  @Test
  @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void manySleepersDoNotSlowDownTimeoutsThatAreNotNeeded() throws Exception {
    Go.run(() -> {
      for (int i = 0; i < 5_000; i++) {
        Go.go(() -> Go.sleep(HOUR));
      }
      int many = 50_000;
      int each = 4;
      Chan<Integer> queue = Chan.unbuffered();
      WaitGroup senders = new WaitGroup();
      for (int i = 0; i < many; i++) {
        senders.go(() -> {
          for (int j = 0; j < each; j++) {
            boolean sent =
                select(
                    queue.onSend(j, () -> true),
                    Go.after(Duration.ofMinutes(5)).onReceive(time -> false));
            assertTrue(sent);
          }
        });
      }
      for (int i = 0; i < many * each; i++) {
        queue.receive();
      }
      senders.await();
    });
  }

  @Test
  void aPanicInATimerCallLeavesNoLockHeld() throws Exception {
    VirtualClock.run(clock -> {
      Timer timer = Timer.start(SECOND);
      assertThrows(NullPointerException.class, () -> timer.reset(null));
      clock.advance(SECOND);
      assertThrows(
          IllegalStateException.class,
          () ->
              select(
                  timer.onReceive(time -> {
                    throw new IllegalStateException("on purpose");
                  })));
      timer.reset(SECOND);
      clock.advance(SECOND);
      timer.receive();
    });
  }
}
