package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class AfterFuncTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);

  private int plain;

  @Test
  void runsItsTaskInAGoroutineOfItsOwnWhenTheTimeHasCome() throws Exception {
    VirtualClock.run(clock -> {
      Chan<Long> ran = Chan.unbuffered();
      Go.afterFunc(
          SECOND,
          () -> {
            assertNotNull(Goroutine.current());
            ran.send(Go.nanoTime());
          });
      clock.advance(SECOND.minusNanos(1));
      assertEquals(1, clock.pending());
      clock.advance(Duration.ofNanos(1));
      assertEquals(SECOND.toNanos(), ran.receive());
    });
  }

  @Test
  void runsAtOnceAfterTimeThatIsNotPositive() throws Exception {
    VirtualClock.run(clock -> {
      Chan<String> ran = Chan.unbuffered();
      Go.afterFunc(Duration.ZERO, () -> ran.send("zero"));
      assertEquals("zero", ran.receive());
      Go.afterFunc(HOUR.negated(), () -> ran.send("negative"));
      assertEquals("negative", ran.receive());
    });
  }

  @Test
  void aChainOfThemRunsToItsEnd() throws Exception {
    Go.run(() -> {
      Chan<Integer> end = Chan.unbuffered();
      chain(10, end);
      assertEquals(0, end.receive());
    });
  }

  private static void chain(int length, Chan<Integer> end) {
    Go.afterFunc(
        Duration.ZERO,
        () -> {
          if (length == 0) {
            end.send(0);
          } else {
            chain(length - 1, end);
            Go.sleep(HOUR); // does not keep the next from running
          }
        });
  }

  @Test
  void tasksStartInTheOrderOfTheirTimes() throws Exception {
    VirtualClock.run(clock -> {
      Chan<Integer> ran = Chan.buffered(1);
      int[] slots = {5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0};
      for (int slot : slots) {
        Go.afterFunc(SECOND.multipliedBy(slot + 1), () -> ran.send(slot));
      }
      List<Integer> order = new ArrayList<>();
      for (int slot = 0; slot < 10; slot++) {
        int before = clock.pending();
        clock.advance(SECOND);
        for (int i = clock.pending(); i < before; i++) {
          order.add(ran.receive());
        }
      }
      assertEquals(List.of(0, 1, 1, 2, 3, 4, 5, 6, 6, 6, 7, 8, 9), order);
    });
  }

  @Test
  void aStoppedOneNeverRuns() throws Exception {
    VirtualClock.run(clock -> {
      AtomicBoolean ran = new AtomicBoolean();
      AfterFunc.Timed later = Go.afterFunc(SECOND, () -> ran.set(true));
      assertTrue(later.stop());
      assertFalse(later.stop());
      assertEquals(0, clock.pending());
      clock.advance(HOUR);
      assertFalse(ran.get());
    });
  }

  @Test
  void ofManyExactlyThoseRunThatWereNotStopped() throws Exception {
    VirtualClock.run(clock -> {
      List<AfterFunc.Timed> all = new ArrayList<>();
      Chan<Integer> ran = Chan.buffered(100);
      for (int i = 0; i < 100; i++) {
        int number = i;
        all.add(Go.afterFunc(SECOND.multipliedBy(2), () -> ran.send(number)));
      }
      clock.advance(SECOND);
      for (int i = 0; i < 100; i += 2) {
        assertTrue(all.get(i).stop());
      }
      clock.advance(SECOND);
      int sum = 0;
      for (int i = 0; i < 50; i++) {
        int number = ran.receive();
        assertEquals(1, number % 2);
        sum += number;
      }
      assertEquals(2_500, sum);
      assertEquals(0, clock.pending());
    });
  }

  @Test
  void stopComesTooLateOnceTheTaskHasStarted() throws Exception {
    VirtualClock.run(clock -> {
      Chan<String> ran = Chan.unbuffered();
      AfterFunc.Timed later = Go.afterFunc(SECOND, () -> ran.send("ran"));
      clock.advance(SECOND);
      assertFalse(later.stop());
      assertEquals("ran", ran.receive());
      assertFalse(later.stop());
    });
  }

  @Test
  void resetPostponesOneThatWaits() throws Exception {
    VirtualClock.run(clock -> {
      Chan<Long> ran = Chan.buffered(1);
      AfterFunc.Timed later = Go.afterFunc(SECOND, () -> ran.send(Go.nanoTime()));
      clock.advance(SECOND.dividedBy(2));
      assertTrue(later.reset(SECOND));
      clock.advance(SECOND.dividedBy(2));
      assertEquals(1, clock.pending());
      clock.advance(SECOND.dividedBy(2));
      assertEquals(1_500_000_000, ran.receive());
    });
  }

  @Test
  void resetStartsOneAgainThatHasRunOrWasStopped() throws Exception {
    VirtualClock.run(clock -> {
      Chan<Long> ran = Chan.buffered(1);
      AfterFunc.Timed later = Go.afterFunc(SECOND, () -> ran.send(Go.nanoTime()));
      clock.advance(SECOND);
      ran.receive();
      assertFalse(later.reset(SECOND));
      clock.advance(SECOND);
      assertEquals(2_000_000_000, ran.receive());
      later.reset(SECOND);
      later.stop();
      assertFalse(later.reset(HOUR));
      clock.advance(HOUR);
      assertEquals(HOUR.plusSeconds(2).toNanos(), ran.receive());
    });
  }

  @Test
  void beyondTheClocksRangeItCanStillBeStopped() throws Exception {
    VirtualClock.run(clock -> {
      AfterFunc.Timed never = Go.afterFunc(Duration.ofSeconds(Long.MAX_VALUE), () -> {});
      clock.advance(HOUR);
      assertTrue(never.stop());
      assertFalse(never.stop());
    });
  }

  @Test
  void whatItThrowsEndsTheProgram() {
    IllegalStateException failure = new IllegalStateException("on purpose");
    PanicException panic =
        assertThrows(
            PanicException.class,
            () ->
                Go.run(() -> {
                  Go.afterFunc(
                      Duration.ZERO,
                      () -> {
                        throw failure;
                      });
                  Chan.unbuffered().receive();
                }));
    assertSame(failure, panic.getCause());
  }

  @Test
  void doesNotRunAfterTheEndOfItsProgram() throws Exception {
    VirtualClock clock = new VirtualClock();
    Program program = new Program(clock);
    program.run(() -> {
      Go.afterFunc(SECOND, () -> {});
      var context = Context.background().withTimeout(SECOND);
      context.afterFunc(() -> {});
    });
    long next = program.nextId();
    clock.advance(HOUR);
    assertEquals(0, clock.pending());
    assertEquals(next + 1, program.nextId(), "goroutines were started");
  }

  @Test
  void whatHappensBeforeItsStartItSees() throws Exception {
    Go.run(() -> {
      for (int i = 1; i <= 1_000; i++) {
        Chan<Integer> seen = Chan.unbuffered();
        plain = i;
        AfterFunc.Timed later = Go.afterFunc(Duration.ZERO, () -> seen.send(plain));
        assertEquals(i, seen.receive());
        plain = -i;
        later.reset(Duration.ofNanos(1));
        assertEquals(-i, seen.receive());
      }
    });
  }

  @Test
  void goroutinesThatKeepEachOtherBusyDoNotStarveIt() throws Exception {
    Go.run(() -> {
      Chan<Integer> ping = Chan.unbuffered();
      Chan<Integer> pong = Chan.unbuffered();
      Chan<Integer> end = Chan.unbuffered();
      Task player =
          () -> {
            for (Integer ball : ping) {
              pong.send(ball);
            }
          };
      Go.go(player);
      Go.afterFunc(Duration.ofNanos(1_000), end::close);
      while (end.tryReceive() == null && !end.isDrained()) {
        ping.send(1);
        pong.receive();
      }
      assertNull(end.receive());
    });
  }

  @Test
  void noneOfAHundredIsLostHoweverTheyAreResetAndStopped() throws Exception {
    for (long seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      VirtualClock.run(clock -> {
        Chan<Integer> ran = Chan.buffered(1_000);
        int expected = 0;
        List<AfterFunc.Timed> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
          all.add(Go.afterFunc(HOUR, () -> ran.send(1)));
        }
        for (int step = 0; step < 1_000; step++) {
          AfterFunc.Timed one = all.get(random.nextInt(100));
          switch (random.nextInt(4)) {
            case 0 -> one.stop();
            case 1 -> one.reset(SECOND.multipliedBy(random.nextInt(10) + 1));
            case 2 -> one.reset(HOUR);
            default -> {
              int before = clock.pending();
              clock.advance(Duration.ofMillis(random.nextInt(3_000)));
              expected += before - clock.pending();
            }
          }
        }
        expected += clock.pending();
        clock.advance(HOUR);
        for (int i = 0; i < expected; i++) {
          ran.receive();
        }
        assertEquals(0, ran.len());
      });
    }
  }

  @Test
  void eitherItRunsOrItsStopSaysThatItDoesNot() throws Exception {
    Go.run(() -> {
      AtomicInteger ran = new AtomicInteger();
      AtomicInteger stopped = new AtomicInteger();
      WaitGroup all = new WaitGroup();
      for (int g = 0; g < 4; g++) {
        all.go(() -> {
          for (int i = 0; i < 500; i++) {
            all.add(1);
            AfterFunc.Timed later =
                Go.afterFunc(
                    Duration.ofNanos(i % 5 * 5_000L),
                    () -> {
                      ran.incrementAndGet();
                      all.done();
                    });
            Go.gosched();
            if (later.stop()) {
              stopped.incrementAndGet();
              all.done();
            }
          }
        });
      }
      all.await();
      assertEquals(2_000, ran.get() + stopped.get());
    });
  }
}
