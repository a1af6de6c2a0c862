package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Race.race;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Races: who wins, what becomes of the others, and that nothing is left. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RaceTest {
  private static final int ROUNDS = 200;

  private final AtomicInteger began = new AtomicInteger();
  private final AtomicInteger interrupted = new AtomicInteger();

  /** Waits in the JDK until it is interrupted. */
  private final Callable<String> stuck =
      () -> {
        began.incrementAndGet();
        try {
          new CountDownLatch(1).await();
          return fail("not interrupted");
        } catch (InterruptedException e) {
          interrupted.incrementAndGet();
          throw e;
        }
      };

  private static Callable<String> failing(Throwable error) {
    return () -> {
      switch (error) {
        case Exception e -> throw e;
        case Error e -> throw e;
        default -> throw new AssertionError(error);
      }
    };
  }

  /** At once, without waiting: a race returns after its goroutines have ended. */
  private static void assertOnlyThisGoroutine() {
    assertEquals(List.of(Goroutine.current()), Program.current().goroutines());
  }

  @FunctionalInterface
  private interface ThrowingFunction<T> {
    Object of(T value) throws Exception;
  }

  /** Says that it is done before it wakes those who wait for that, like any, but for ever. */
  private static final class HalfDone implements Context {
    private volatile ContextException error;

    @Override
    public Instant deadline() {
      return null;
    }

    @Override
    public Receiver<Void> done() {
      return Chan.never();
    }

    @Override
    public ContextException error() {
      return error;
    }

    @Override
    public <T> T value(Key<T> key) {
      return null;
    }
  }

  @Nested
  final class Winning {
    @Test
    void aLoneTaskWins() throws Exception {
      run(() -> {
        assertEquals("alone", race(() -> "alone"));
        assertOnlyThisGoroutine();
      });
    }

    @Test
    void theFirstSuccessWinsAndTheRestIsInterruptedAndEnded() throws Exception {
      run(() -> {
        CountDownLatch running = new CountDownLatch(2);
        Callable<String> loser =
            () -> {
              running.countDown();
              return stuck.call();
            };
        String answer =
            race(
                loser,
                () -> {
                  running.await();
                  return "won";
                },
                loser);
        assertEquals("won", answer);
        assertEquals(2, interrupted.get());
        assertOnlyThisGoroutine();
      });
    }

    @Test
    void theRestIsInterruptedAlsoUnderAContextThatDoesNotInterrupt() throws Exception {
      run(() -> {
        Context context = Context.background().withoutInterrupts();
        CountDownLatch running = new CountDownLatch(1);
        Callable<String> winner =
            () -> {
              running.await();
              return "won";
            };
        Callable<String> loser =
            () -> {
              running.countDown();
              return stuck.call();
            };
        assertEquals("won", race(context, winner, loser));
        assertEquals(1, interrupted.get());
        assertOnlyThisGoroutine();
      });
    }

    @Test
    void theEndOfAContextThatDoesNotInterruptEndsTheRaceNevertheless() throws Exception {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        Callable<String> cancelling =
            () -> {
              context.cancel();
              return stuck.call();
            };
        assertThrows(
            CancelledException.class, () -> race(context.withoutInterrupts(), cancelling, stuck));
        assertEquals(began.get(), interrupted.get());
        assertOnlyThisGoroutine();
      });
    }

    @Test
    void failuresBeforeItDoNotMatter() throws Exception {
      run(() -> {
        CountDownLatch failed = new CountDownLatch(2);
        Callable<String> loser =
            () -> {
              failed.countDown();
              throw new AssertionError();
            };
        Callable<String> winner =
            () -> {
              failed.await();
              return "won";
            };
        assertEquals("won", race(Context.background(), List.of(loser, loser, winner)));
        assertOnlyThisGoroutine();
      });
    }

    @Test
    void nullIsAnAnswer() throws Exception {
      run(() -> {
        Callable<String> winner = () -> null;
        assertNull(race(winner, stuck));
      });
    }

    @Test
    void theAnswerOfALoserIsDropped() throws Exception {
      run(() -> {
        Callable<String> late =
            () -> {
              try {
                return stuck.call();
              } catch (InterruptedException e) {
                return "late";
              }
            };
        for (int round = 0; round < ROUNDS; round++) {
          assertEquals("won", race(late, () -> "won", late));
        }
        assertOnlyThisGoroutine();
      });
    }

    @Test
    void aSecondSuccessChangesNothing() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          Chan<Goroutine<?>> first = Chan.buffered(1);
          Callable<String> second =
              () -> {
                first.receive().join();
                return "second";
              };
          assertEquals(
              "first",
              race(
                  second,
                  () -> {
                    first.send(Goroutine.current());
                    return "first";
                  }));
        }
      });
    }

    @Test
    void aLoserThatDoesNotHeedInterruptsHoldsTheRaceUp() throws Exception {
      run(() -> {
        Chan<String> gate = Chan.unbuffered();
        Chan<String> news = Chan.unbuffered();
        Callable<String> stubborn =
            () -> {
              try {
                return stuck.call();
              } catch (InterruptedException e) {
                news.send("interrupted");
                return gate.receive();
              }
            };
        Goroutine<?> racer = go(() -> assertEquals("won", race(stubborn, () -> "won")));
        news.receive();
        TestSupport.awaitBlocked(racer, "race");
        gate.close();
        racer.join();
      });
    }

    @Test
    void aTasksCreatorIsTheCodeThatRaces() throws Exception {
      run(() -> {
        String creator = race(() -> Goroutine.current().createdBy());
        assertTrue(creator.contains("RaceTest"), creator);
      });
    }
  }

  @Nested
  final class Losing {
    @Test
    void ifAllFailTheFirstFailureIsTheCauseAndTheOthersAreSuppressed() throws Exception {
      run(() -> {
        Throwable first = new IOException("first");
        Throwable second = new AssertionError("second");
        Chan<Goroutine<?>> failed = Chan.buffered(1);
        ExecutionException e =
            assertThrows(
                ExecutionException.class,
                () ->
                    race(
                        () -> {
                          failed.receive().join();
                          return failing(second).call();
                        },
                        () -> {
                          failed.send(Goroutine.current());
                          return failing(first).call();
                        }));
        assertSame(first, e.getCause());
        assertEquals(List.of(second), List.of(e.getSuppressed()));
        assertEquals("java.io.IOException: first (the first of 2 failures)", e.getMessage());
        assertOnlyThisGoroutine();
      });
    }

    @Test
    void ofManyFailuresSixteenAreKeptBesidesTheFirst() throws Exception {
      run(() -> {
        List<Callable<String>> tasks = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
          tasks.add(failing(new IOException()));
        }
        ExecutionException e =
            assertThrows(ExecutionException.class, () -> race(Context.background(), tasks));
        assertEquals(16, e.getSuppressed().length);
        assertTrue(e.getMessage().endsWith("(the first of 100 failures)"), e.getMessage());
      });
    }

    @Test
    void noTasksAreRefused() {
      assertThrows(IllegalArgumentException.class, () -> race());
      assertThrows(IllegalArgumentException.class, () -> race(Context.background(), List.of()));
    }

    @Test
    void aNullIsRefusedBeforeAnythingBegins() throws Exception {
      run(() -> {
        Callable<String> unwanted = () -> fail("began");
        assertThrows(NullPointerException.class, () -> race(unwanted, null));
        assertThrows(
            NullPointerException.class,
            () -> race(Context.background(), Arrays.asList(unwanted, null)));
        assertThrows(NullPointerException.class, () -> race((Context) null, unwanted));
        assertOnlyThisGoroutine();
      });
    }
  }

  @Nested
  final class GivingUp {
    @Test
    void theEndOfTheContextEndsTheRace() throws Exception {
      run(() -> {
        IOException reason = new IOException();
        CancelContext context = Context.background().withCancel();
        Goroutine<?> racer =
            go(() -> {
              CancelledException e =
                  assertThrows(CancelledException.class, () -> race(context, stuck, stuck));
              assertSame(reason, e.getCause());
              assertEquals(2, interrupted.get());
            });
        TestSupport.awaitBlocked(racer, "race");
        TestSupport.await("both tasks", () -> Program.current().goroutines().size() == 4);
        context.cancel(reason);
        racer.join();
        assertOnlyThisGoroutine();
        assertEquals(0, TestSupport.queuedReceivers((Source<Void>) context.done()));
      });
    }

    @Test
    void inADoneContextNoTaskBegins() throws Exception {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        context.cancel();
        assertThrows(CancelledException.class, () -> race(context, () -> fail("began")));
        assertThrows(TimeoutException.class, () -> race(Duration.ZERO, () -> fail("began")));
        assertOnlyThisGoroutine();
      });
    }

    /** One task fails before the end of the race, one after it and because of it. */
    private void assertFailuresAreSuppressed(
        Class<? extends Throwable> type, ThrowingFunction<List<Callable<String>>> race)
        throws InterruptedException {
      IOException before = new IOException("before");
      IOException after = new IOException("after");
      Callable<String> cleaning =
          () -> {
            try {
              return stuckInBubble();
            } catch (InterruptedException e) {
              throw after;
            }
          };
      new BubbleClock()
          .run(() -> {
            Throwable thrown =
                assertThrows(type, () -> race.of(List.of(failing(before), cleaning)));
            assertEquals(2, thrown.getSuppressed().length);
            assertSame(before, thrown.getSuppressed()[0]);
            assertSame(after, thrown.getSuppressed()[1]);
          });
    }

    private static String stuckInBubble() throws InterruptedException {
      return Chan.<String>never().receive();
    }

    @Test
    void failuresAreSuppressedInTheTimeout() throws Exception {
      assertFailuresAreSuppressed(
          TimeoutException.class, tasks -> race(ofMillis(50), tasks.getFirst(), tasks.getLast()));
    }

    @Test
    void failuresAreSuppressedInTheEndOfTheContext() throws Exception {
      assertFailuresAreSuppressed(
          DeadlineExceededException.class,
          tasks -> race(Context.background().withTimeout(ofMillis(50)), tasks));
      assertFailuresAreSuppressed(
          CancelledException.class,
          tasks -> {
            CancelContext context = Context.background().withCancel();
            Context.background().withTimeout(ofMillis(50)).afterFunc(context::cancel);
            return race(context, tasks);
          });
    }

    @Test
    void failuresAreSuppressedInTheInterrupt() throws Exception {
      assertFailuresAreSuppressed(
          InterruptedException.class,
          tasks -> {
            Thread racer = Thread.currentThread();
            Go.afterFunc(ofMillis(50), racer::interrupt);
            return race(Context.background(), tasks);
          });
    }

    @Test
    void theTimeLimitEndsTheRace() throws Exception {
      run(() -> {
        assertThrows(TimeoutException.class, () -> race(ofMillis(5), stuck, stuck));
        assertEquals(began.get(), interrupted.get()); // none, on a very slow machine
        assertOnlyThisGoroutine();
        assertEquals("won", race(TestSupport.PATIENCE, stuck, () -> "won"));
      });
    }

    @Test
    void anInterruptEndsTheRace() throws Exception {
      run(() -> {
        Goroutine<?> racer =
            go(() -> {
              assertThrows(InterruptedException.class, () -> race(stuck, stuck));
              assertFalse(Thread.currentThread().isInterrupted());
              assertEquals(2, interrupted.get());
            });
        TestSupport.awaitBlocked(racer, "race");
        racer.cancel();
        racer.join();
        assertOnlyThisGoroutine();
      });
    }

    @Test
    void anInterruptWhileTheLosersEndStaysPending() throws Exception {
      run(() -> {
        Chan<String> gate = Chan.unbuffered();
        Chan<String> news = Chan.unbuffered();
        Callable<String> stubborn =
            () -> {
              try {
                return stuck.call();
              } catch (InterruptedException e) {
                news.send("interrupted");
                return gate.receive();
              }
            };
        Goroutine<?> racer =
            go(() -> {
              assertEquals("won", race(stubborn, () -> "won"));
              assertTrue(Thread.interrupted());
            });
        news.receive();
        TestSupport.awaitBlocked(racer, "race");
        racer.cancel();
        TestSupport.await("the interrupt to be heeded", () -> !racer.thread().isInterrupted());
        TestSupport.awaitBlocked(racer, "race");
        gate.close();
        racer.join();
      });
    }

    /** It returns the answer and not the exception, so the interrupt is all that is left. */
    @Test
    void aWinnerLeavesTheInterruptOfItsCallersContext() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          CancelContext context = Context.background().withCancel();
          Callable<String> winner =
              () -> {
                context.cancel();
                return "won";
              };
          Goroutine<?> racer =
              go(
                  context,
                  () -> {
                    assertEquals("won", race(winner));
                    assertThrows(InterruptedException.class, () -> Thread.sleep(ofHours(1)));
                  });
          racer.join();
          assertNull(racer.failure());
        }
      });
    }

    @Test
    void whatATaskWasCancelledWithIsNoFailure() throws Exception {
      Callable<String> echo =
          () -> {
            try {
              return stuckInBubble();
            } catch (InterruptedException e) {
              throw new IOException(Context.current().cause());
            }
          };
      new BubbleClock()
          .run(() -> {
            var late = assertThrows(TimeoutException.class, () -> race(ofMillis(50), echo, echo));
            assertEquals(0, late.getSuppressed().length);
          });
    }

    @Test
    void aGoroutineUnderTheContextOfItsRaceIsToldOnce() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          CancelContext context = Context.background().withCancel();
          Goroutine<?> racer =
              go(
                  context,
                  () -> {
                    assertThrows(CancelledException.class, () -> race(context, stuck, stuck));
                    assertFalse(Thread.currentThread().isInterrupted());
                  });
          TestSupport.awaitBlocked(racer, "race");
          context.cancel();
          racer.join();
          assertNull(racer.failure());
        }
        assertOnlyThisGoroutine();
      });
    }

    @Test
    void theEndOfTheContextIsNeverTakenForTheFailureOfAllTasks() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          CancelContext context = Context.background().withCancel();
          Callable<String> failingOnceDone =
              () -> {
                while (!context.isDone()) { // sees it before anybody is woken
                  Go.gosched();
                }
                throw new IOException();
              };
          Goroutine<?> racer =
              go(() ->
                  assertThrows(
                      CancelledException.class,
                      () -> race(context, failingOnceDone, failingOnceDone)));
          if (round % 2 == 0) {
            TestSupport.awaitBlocked(racer, "race");
          }
          context.cancel();
          racer.join();
        }
        assertOnlyThisGoroutine();
      });
    }

    @Test
    void aContextThatIsJustBeingCancelledIsNotTakenForAFailureEither() throws Exception {
      run(() -> {
        HalfDone context = new HalfDone();
        Callable<String> first =
            () -> {
              context.error = new CancelledException("half done", null);
              context.check();
              return fail("not done");
            };
        assertThrows(CancelledException.class, () -> race(context, first));
      });
    }
  }

  @Nested
  final class UnderLoad {
    @Test
    void everyRaceEndsAsItMayAndNothingIsLeft() throws Exception {
      run(() -> {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        for (int round = 0; round < ROUNDS; round++) {
          CancelContext context = Context.background().withCancel();
          int winners = random.nextInt(3);
          int losers = 1 + random.nextInt(3);
          List<Callable<Integer>> tasks = new ArrayList<>();
          for (int i = 0; i < winners; i++) {
            int answer = i;
            tasks.add(() -> answer);
          }
          for (int i = 0; i < losers; i++) {
            tasks.add(() -> {
              throw new IOException();
            });
          }
          Collections.shuffle(tasks, random);
          Goroutine<?> canceller = go(() -> context.cancel());
          try {
            int answer = race(context, tasks);
            assertTrue(answer < winners);
          } catch (ExecutionException e) {
            assertEquals(0, winners);
            assertInstanceOf(IOException.class, e.getCause());
            assertEquals(losers - 1, e.getSuppressed().length);
          } catch (CancelledException e) {
            assertTrue(context.isDone());
          }
          canceller.join();
          assertOnlyThisGoroutine();
        }
      });
    }
  }
}
