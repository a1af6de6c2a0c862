package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The arithmetic of deadlines, and the clock with which tests replace time. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class ClockTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** Time passes whenever it is read, as for a thread that is held up at the worst moments. */
  private static final class SlowClock extends Clock {
    private long time = 1_000;

    @Override
    long nanoTime() {
      time += 100;
      return time;
    }

    @Override
    Instant now() {
      return Instant.EPOCH.plusNanos(nanoTime());
    }

    @Override
    void park(Waiter waiter, long deadline) {
      throw new UnsupportedOperationException();
    }

    @Override
    boolean start(Alarm alarm, long deadline) {
      throw new UnsupportedOperationException();
    }

    @Override
    boolean stop(Alarm alarm) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void theTimeOfDayOfADeadlineIsNeverTooEarly() {
    Clock clock = new SlowClock();
    for (long time : new long[] {0, 1_000, 5_000, 1_000_000}) {
      assertFalse(clock.instant(clock.nanoTime(), time).isBefore(Instant.EPOCH.plusNanos(time)));
    }
  }

  @Test
  void aDurationThatIsNotPositiveEndsNow() throws Exception {
    VirtualClock.run(clock -> {
      clock.advance(SECOND);
      assertEquals(1_000_000_000, clock.deadline(Duration.ZERO));
      assertEquals(1_000_000_000, clock.deadline(Duration.ofNanos(-1)));
      assertEquals(1_000_000_000, clock.deadline(Duration.ofSeconds(Long.MIN_VALUE)));
    });
  }

  @Test
  void aDurationOutOfRangeNeverEnds() throws Exception {
    VirtualClock.run(clock -> {
      clock.advance(SECOND);
      assertEquals(Clock.NEVER, clock.deadline(Duration.ofNanos(Long.MAX_VALUE)));
      assertEquals(Clock.NEVER, clock.deadline(Duration.ofSeconds(Long.MAX_VALUE)));
      assertEquals(Clock.NEVER, clock.deadline(Duration.ofNanos(Clock.NEVER - 1_000_000_000)));
      assertEquals(Clock.NEVER - 1, clock.deadline(Duration.ofNanos(Clock.NEVER - 1_000_000_001)));
    });
  }

  @Nested
  final class Virtual {
    @Test
    void timeStandsStillUntilItIsMoved() throws Exception {
      VirtualClock.run(clock -> {
        assertEquals(0, Go.nanoTime());
        assertEquals(VirtualClock.START, Go.now());
        assertEquals(VirtualClock.START, Go.clock().instant());
        clock.advance(SECOND);
        assertEquals(1_000_000_000, Go.nanoTime());
        assertEquals(VirtualClock.START.plusSeconds(1), Go.now());
      });
    }

    @Test
    void alarmsGoOffInOrderEachAtItsOwnTime() throws Exception {
      VirtualClock.run(clock -> {
        List<Long> times = new ArrayList<>();
        for (long at : new long[] {5, 3, 9, 20, 3}) {
          clock.start(
              new Alarm() {
                @Override
                void goOff() {
                  times.add(clock.nanoTime());
                }
              },
              at);
        }
        clock.advance(Duration.ofNanos(10));
        assertEquals(List.of(3L, 3L, 5L, 9L), times);
        assertEquals(10, clock.nanoTime());
        clock.advance(Duration.ofNanos(10));
        assertEquals(List.of(3L, 3L, 5L, 9L, 20L), times);
      });
    }

    @Test
    void replacesTheTimeOfEveryGoroutineOfTheProgramAndOfNestedOnes() throws Exception {
      VirtualClock.run(clock -> {
        clock.advance(SECOND);
        Go.go(() -> assertEquals(1_000_000_000, Go.nanoTime())).join();
        Go.run(() -> assertEquals(1_000_000_000, Go.nanoTime()));
      });
    }

    @Test
    void aFailureOfAnyGoroutineFailsTheTest() {
      assertThrows(
          PanicException.class,
          () ->
              VirtualClock.run(clock -> {
                Go.go(() -> assertTrue(clock.nanoTime() > 0));
                Chan.unbuffered().receive();
              }));
    }

    @Test
    void aProgramOnAClockThatStandsStillCanEnd() throws Exception {
      VirtualClock.run(clock -> Go.go(() -> Go.sleep(SECOND)));
    }
  }
}
