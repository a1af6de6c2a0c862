package io.heddle;

import static io.heddle.Select.select;
import static io.heddle.Select.selectInOrder;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Timers as cases of a select, and timers that several goroutines wait for. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TimerSelectTest {
  private static final Duration NANO = Duration.ofNanos(1);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration CENTURIES = Duration.ofSeconds(Long.MAX_VALUE);

  private static Instant at(Duration time) {
    return VirtualClock.START.plus(time);
  }

  @Nested
  final class InASelect {
    @Test
    void isChosenWhenItIsTheFirst() throws Exception {
      VirtualClock.run(clock -> {
        Chan<String> lines = Chan.unbuffered();
        Goroutine<?> waiter =
            Go.go(() ->
                assertEquals(
                    "timed out",
                    select(
                        lines.onReceive(line -> line),
                        Go.after(HOUR).onReceive(time -> "much later"),
                        Go.after(SECOND).onReceive(time -> "timed out"))));
        clock.awaitSleepers(1);
        clock.advance(SECOND);
        waiter.join();
      });
    }

    @Test
    void isForgottenWhenAnotherCaseWins() throws Exception {
      VirtualClock.run(clock -> {
        Chan<String> lines = Chan.unbuffered();
        Timer timer = Timer.start(SECOND);
        Goroutine<?> waiter =
            Go.go(() ->
                assertEquals(
                    "line", select(lines.onReceive(), timer.onReceive(time -> "timed out"))));
        clock.awaitSleepers(1);
        lines.send("line");
        waiter.join();
        assertEquals(0, clock.pending());
        clock.advance(SECOND);
        assertEquals(at(SECOND), timer.tryReceive());
      });
    }

    @Test
    void isReadyToADefaultOnlyWhenItsTimeHasCome() throws Exception {
      VirtualClock.run(clock -> {
        Case<String> due = Go.after(SECOND).onReceive(time -> "due");
        Case<String> none = Select.otherwise(() -> "none");
        assertEquals("none", select(due, none));
        clock.advance(SECOND);
        assertEquals("due", select(due, none));
        assertEquals("none", select(due, none));
      });
    }

    @Test
    void takesPartInTheOrderOfPriorities() throws Exception {
      VirtualClock.run(clock -> {
        Receiver<Instant> first = Go.after(SECOND);
        Receiver<Instant> second = Go.after(SECOND.dividedBy(2));
        clock.advance(SECOND);
        assertEquals(at(SECOND), selectInOrder(first.onReceive(), second.onReceive()));
      });
    }

    @Test
    void twiceIsChosenOnce() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(SECOND);
        Goroutine<?> waiter =
            Go.go(() -> assertEquals(at(SECOND), select(timer.onReceive(), timer.onReceive())));
        clock.awaitSleepers(1);
        clock.advance(SECOND);
        waiter.join();
        assertNull(timer.tryReceive());
      });
    }

    @Test
    void disabledIsNotChosen() throws Exception {
      VirtualClock.run(clock -> {
        Case<Instant> due = Go.after(SECOND).onReceive();
        Select select = Select.of(due.when(false));
        clock.advance(SECOND);
        assertNull(select.tryAwait());
        due.when(true);
        assertSame(due, select.tryAwait());
      });
    }

    @Test
    void servesOneLoopAgainAndAgainWhenReset() throws Exception {
      VirtualClock.run(clock -> {
        Timer idle = Timer.start(SECOND);
        Chan<Integer> items = Chan.unbuffered();
        Goroutine<?> worker =
            Go.go(() -> {
              var item = items.onReceive();
              var expired = idle.onReceive();
              Select either = Select.of(item, expired);
              int received = 0;
              while (either.await() == item) {
                received++;
                idle.reset(SECOND);
              }
              assertEquals(20, received);
              assertEquals(at(Duration.ofSeconds(19)), expired.result());
            });
        for (int i = 0; i < 20; i++) {
          clock.awaitSleepers(1);
          clock.advance(Duration.ofMillis(900));
          items.send(i);
        }
        clock.awaitSleepers(1);
        clock.advance(SECOND);
        worker.join();
      });
    }

    @Test
    void doesNotOutliveTheDeadlineOfTheWait() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(HOUR);
        Goroutine<?> waiter =
            Go.go(() -> assertThrows(TimeoutException.class, () -> timer.receive(SECOND)));
        clock.awaitSleepers(1);
        clock.advance(SECOND);
        waiter.join();
      });
    }

    @Test
    void surviveResetsWhileWaitingWithADeadlineAndAContext() throws Exception {
      VirtualClock.run(clock -> {
        Timer timer = Timer.start(HOUR);
        var context = Context.background().withCancel();
        Goroutine<?> timed =
            Go.go(() -> assertThrows(TimeoutException.class, () -> timer.receive(SECOND)));
        Goroutine<?> cancelled =
            Go.go(() -> assertThrows(CancelledException.class, () -> timer.receive(context)));
        clock.awaitSleepers(2);
        timer.stop();
        clock.awaitSleepers(1);
        timer.reset(HOUR);
        clock.awaitSleepers(2);
        clock.advance(SECOND);
        timed.join();
        context.cancel();
        cancelled.join();
      });
    }
  }

  @Nested
  final class AmongSeveralReceivers {
    @Test
    void givesItsTimeToExactlyOne() throws Exception {
      VirtualClock.run(clock -> {
        for (int round = 0; round < 100; round++) {
          Timer timer = Timer.start(SECOND);
          AtomicInteger winners = new AtomicInteger();
          Chan<Integer> end = Chan.unbuffered();
          Chan<Integer> won = Chan.unbuffered();
          WaitGroup all = new WaitGroup();
          for (int i = 0; i < 10; i++) {
            all.go(() -> {
              boolean mine = select(timer.onReceive(t -> true), end.onReceive(x -> false));
              if (mine) {
                winners.incrementAndGet();
                won.send(1);
              }
            });
          }
          clock.awaitSleepers(10);
          clock.advance(SECOND);
          won.receive();
          end.close();
          all.await();
          assertEquals(1, winners.get());
        }
      });
    }

    @Test
    void isNotLostBetweenThem() throws Exception {
      Go.run(() -> {
        int rounds = 10_000;
        Timer timer = Timer.start(CENTURIES);
        Chan<Integer> end = Chan.unbuffered();
        Chan<Integer> received = Chan.unbuffered();
        WaitGroup all = new WaitGroup();
        for (int g = 0; g < 4; g++) {
          all.go(() -> {
            var due = timer.onReceive();
            Select either = Select.of(due, end.onReceive());
            while (either.await() == due) {
              received.send(1);
            }
          });
        }
        for (int i = 0; i < rounds; i++) {
          timer.reset(NANO);
          received.receive();
        }
        end.close();
        all.await();
      });
    }

    /** Who gives up waiting for its time resets it, as who got it does. */
    @Test
    void mayBeResetByThemAll() throws Exception {
      Go.run(() -> {
        Timer timer = Timer.start(NANO);
        AtomicInteger received = new AtomicInteger();
        WaitGroup all = new WaitGroup();
        for (int g = 0; g < 4; g++) {
          all.go(() -> {
            for (int i = 0; i < 2_500; i++) {
              boolean due =
                  select(
                      timer.onReceive(time -> true),
                      Go.after(Duration.ofMillis(1)).onReceive(time -> false));
              received.addAndGet(due ? 1 : 0);
              timer.reset(NANO);
            }
          });
        }
        all.await();
        assertTrue(received.get() > 0);
        timer.receive(); // the last reset is not lost either
      });
    }

    @Test
    void neverYieldsTwiceWhileItIsResetConcurrently() throws Exception {
      Go.run(() -> {
        Timer timer = Timer.start(CENTURIES);
        AtomicInteger received = new AtomicInteger();
        AtomicInteger missed = new AtomicInteger();
        int rounds = 5_000;
        Goroutine<?> receiver =
            Go.go(() -> {
              while (true) {
                timer.receive();
                received.incrementAndGet();
              }
            });
        for (int i = 0; i < rounds; i++) {
          timer.reset(Duration.ofNanos(i % 7 * 500L));
          if (timer.stop()) {
            missed.incrementAndGet();
          }
        }
        VirtualClock.await(
            () -> received.get() + missed.get() == rounds, () -> rounds + " outcomes");
        VirtualClock.awaitBlocked(receiver, "timer receive");
        assertEquals(rounds, received.get() + missed.get());
      });
    }
  }
}
