package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class SleepTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration CENTURIES = Duration.ofSeconds(Long.MAX_VALUE);

  @Test
  void lastsAsLongAsItShouldAndNoLonger() throws Exception {
    VirtualClock.run(clock -> {
      Goroutine<?> sleeper = Go.go(() -> Go.sleep(SECOND));
      clock.awaitSleepers(1);
      VirtualClock.awaitBlocked(sleeper, "sleep");
      clock.advance(SECOND.minusNanos(1));
      clock.awaitSleepers(1);
      assertFalse(sleeper.isDone());
      clock.advance(Duration.ofNanos(1));
      sleeper.join();
    });
  }

  @Test
  void manySleepersWakeUpInTheOrderOfTheirDeadlines() throws Exception {
    VirtualClock.run(clock -> {
      Chan<Integer> awake = Chan.buffered(100);
      for (int i : new int[] {5, 3, 6, 7, 1, 2, 9, 4, 8, 0}) {
        Go.go(() -> {
          Go.sleep(SECOND.multipliedBy(i + 1));
          awake.send(i);
        });
      }
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        clock.awaitSleepers(10 - i);
        clock.advance(SECOND);
        order.add(awake.receive());
      }
      assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), order);
    });
  }

  @Test
  void doesNotWaitForTimeThatIsNotPositive() throws Exception {
    VirtualClock.run(clock -> {
      for (int i = 0; i < 100; i++) {
        Go.sleep(Duration.ZERO);
        Go.sleep(Duration.ofNanos(-1));
        Go.sleep(CENTURIES.negated());
      }
    });
  }

  @Test
  void neverEndsBeyondTheClocksRangeAndDisturbsNobody() throws Exception {
    VirtualClock.run(clock -> {
      Goroutine<?> forEver = Go.go(() -> Go.sleep(CENTURIES));
      Goroutine<?> almost = Go.go(() -> Go.sleep(Duration.ofNanos(Clock.NEVER - 1)));
      VirtualClock.awaitBlocked(forEver, "sleep");
      VirtualClock.awaitBlocked(almost, "sleep");
      Goroutine<?> other = Go.go(() -> Go.sleep(SECOND));
      clock.awaitSleepers(2);
      clock.advance(Duration.ofDays(365 * 100));
      other.join();
      VirtualClock.awaitBlocked(forEver, "sleep");
      VirtualClock.awaitBlocked(almost, "sleep");
    });
  }

  @Test
  void neverEndsBeyondTheRangeOfTheRealClockEither() throws Exception {
    Go.run(() -> {
      Goroutine<?> forEver = Go.go(() -> Go.sleep(CENTURIES));
      Goroutine<?> almost = Go.go(() -> Go.sleep(Duration.ofDays(365 * 291)));
      VirtualClock.awaitBlocked(forEver, "sleep");
      VirtualClock.awaitBlocked(almost, "sleep");
      Go.sleep(Duration.ofMillis(5));
      VirtualClock.awaitBlocked(forEver, "sleep");
      VirtualClock.awaitBlocked(almost, "sleep");
    });
  }

  @Test
  void isEndedByAnInterrupt() throws Exception {
    VirtualClock.run(clock -> {
      Goroutine<?> sleeper =
          Go.go(() -> assertThrows(InterruptedException.class, () -> Go.sleep(SECOND)));
      clock.awaitSleepers(1);
      sleeper.thread().interrupt();
      sleeper.join();
      assertEquals(0, Go.nanoTime());
    });
  }

  @Test
  void doesNotBeginWithAPendingInterrupt() throws Exception {
    VirtualClock.run(clock -> {
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, () -> Go.sleep(SECOND));
      assertFalse(Thread.currentThread().isInterrupted());
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, () -> Go.sleep(Duration.ZERO));
    });
  }

  @Test
  void isEndedByItsContext() throws Exception {
    VirtualClock.run(clock -> {
      CancelContext context = Context.background().withCancel();
      Goroutine<?> sleeper =
          Go.go(() -> assertThrows(CancelledException.class, () -> Go.sleep(SECOND, context)));
      clock.awaitSleepers(1);
      context.cancel();
      sleeper.join();
      assertThrows(CancelledException.class, () -> Go.sleep(SECOND, context));
      assertThrows(CancelledException.class, () -> Go.sleep(Duration.ZERO, context));
    });
  }

  @Test
  void isEndedByTheDeadlineOfItsContextOrItsOwnWhicheverIsFirst() throws Exception {
    VirtualClock.run(clock -> {
      CancelContext context = Context.background().withTimeout(SECOND);
      Goroutine<?> early = Go.go(() -> Go.sleep(SECOND.minusNanos(1), context));
      Goroutine<?> late =
          Go.go(() ->
              assertThrows(
                  DeadlineExceededException.class, () -> Go.sleep(SECOND.plusNanos(1), context)));
      clock.awaitSleepers(2);
      clock.advance(SECOND.minusNanos(1));
      early.join();
      clock.advance(Duration.ofNanos(1));
      late.join();
    });
  }

  @Test
  void refusesANullContext() {
    assertThrows(NullPointerException.class, () -> Go.sleep(SECOND, null));
  }

  @Test
  void worksOnThreadsThatAreNoGoroutines() throws Exception {
    long start = Go.nanoTime();
    Go.sleep(Duration.ofMillis(5));
    assertTrue(Go.nanoTime() - start >= 5_000_000);
    Thread thread =
        Thread.ofPlatform()
            .start(() -> assertThrows(InterruptedException.class, () -> Go.sleep(CENTURIES)));
    thread.interrupt();
    thread.join();
  }

  @Test
  void aThousandSleepersInRealTimeNoneWakesUpEarly() throws Exception {
    Go.run(() -> {
      WaitGroup all = new WaitGroup();
      for (int i = 0; i < 1_000; i++) {
        Duration time = Duration.ofNanos(i * 20_000L);
        all.go(() -> {
          long start = Go.nanoTime();
          Go.sleep(time);
          assertTrue(Go.nanoTime() - start >= time.toNanos());
        });
      }
      all.await();
    });
  }
}
