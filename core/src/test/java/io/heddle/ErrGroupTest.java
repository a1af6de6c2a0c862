package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.select;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Groups of tasks: their errors, their context, their limit. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ErrGroupTest {
  private static final int ROUNDS = 200;

  private static final Task NOTHING = () -> {};

  private static Task failing(Throwable error) {
    return () -> {
      switch (error) {
        case Exception e -> throw e;
        case Error e -> throw e;
        default -> throw new AssertionError(error);
      }
    };
  }

  private static Throwable errorOf(ErrGroup group) {
    Throwable cause = assertThrows(ExecutionException.class, group::await).getCause();
    assertNotNull(cause);
    return cause;
  }

  /** Waits for something the library knows nothing about, for ever but for an interrupt. */
  private static void blockOutsideHeddle() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  private static void awaitOnlyThisGoroutine() {
    Program program = Program.current();
    TestSupport.await("the other goroutines' end", () -> program.goroutines().size() == 1);
  }

  @Nested
  final class Errors {
    @Test
    void awaitOfANewGroupReturnsAtOnce() throws Exception {
      new ErrGroup().await();
      new ErrGroup().await(Duration.ZERO);
      assertTrue(new ErrGroup().tryAwait());
    }

    @Test
    void theFirstErrorStaysWhileTheGroupIsUsedAgain() throws Exception {
      run(() -> {
        IOException one = new IOException("one");
        IOException two = new IOException("two");
        List<List<IOException>> uses =
            List.of(List.of(), Arrays.asList((IOException) null), List.of(one), List.of(one, two));
        for (List<IOException> errors : uses) {
          ErrGroup group = new ErrGroup();
          IOException first = null;
          for (IOException error : errors) {
            group.go(error == null ? NOTHING : failing(error));
            first = first == null ? error : first;
            if (first == null) {
              group.await();
            } else {
              assertSame(first, errorOf(group));
            }
            group.go(NOTHING);
            if (first != null) {
              assertSame(first, errorOf(group));
            }
          }
        }
      });
    }

    @Test
    void whateverATaskThrowsIsItsErrorAndNoPanic() throws Exception {
      run(() -> {
        List<Throwable> all =
            List.of(
                new IOException("checked"),
                new IllegalStateException("unchecked"),
                new AssertionError("assertion"),
                new OutOfMemoryError("not really"),
                new InterruptedException("of its own"),
                new CancelledException("of its own", null));
        for (Throwable error : all) {
          ErrGroup group = new ErrGroup();
          Goroutine task = group.go(failing(error));
          ExecutionException e = assertThrows(ExecutionException.class, group::await);
          assertSame(error, e.getCause());
          assertEquals(error.toString(), e.getMessage());
          assertEquals(0, e.getSuppressed().length);
          task.join();
          assertSame(error, task.failure());
        }
      });
    }

    @Test
    void withoutAContextAnErrorDoesNotConcernTheOtherTasks() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup();
        Chan<Integer> gate = Chan.unbuffered();
        AtomicInteger finished = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
          group.go(() -> {
            gate.receive();
            finished.incrementAndGet();
          });
        }
        group.go(failing(new IOException())).join();
        assertFalse(group.tryAwait());
        gate.close();
        errorOf(group);
        assertEquals(3, finished.get());
        assertFalse(group.context().isDone());
      });
    }

    @Test
    void theOtherErrorsAreSuppressedInOrder() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup();
        Throwable[] errors = {new IOException("a"), new IOException("b"), new AssertionError("c")};
        for (Throwable error : errors) {
          group.go(failing(error)).join();
        }
        ExecutionException e = assertThrows(ExecutionException.class, group::await);
        assertSame(errors[0], e.getCause());
        assertEquals(List.of(errors[1], errors[2]), List.of(e.getSuppressed()));
        assertEquals("java.io.IOException: a (the first of 3 failures)", e.getMessage());
      });
    }

    @Test
    void oneErrorThrownByTwoTasksIsNoTrouble() throws Exception {
      run(() -> {
        IOException error = new IOException();
        ErrGroup group = new ErrGroup();
        group.go(failing(error));
        group.go(failing(error));
        assertSame(error, errorOf(group));
      });
    }

    @Test
    void ofManyErrorsAtOnceOneIsTheFirstAndSixteenAreKept() throws Exception {
      run(() -> {
        int tasks = 1_000;
        ErrGroup group = ErrGroup.withContext(Context.background().withoutInterrupts());
        CountDownLatch gate = new CountDownLatch(1);
        for (int i = 0; i < tasks; i++) {
          int id = i;
          group.go(() -> {
            gate.await();
            throw new IOException("task " + id);
          });
        }
        gate.countDown();
        ExecutionException e = assertThrows(ExecutionException.class, group::await);
        assertSame(e.getCause(), group.context().cause());
        assertEquals(16, e.getSuppressed().length);
        assertEquals(16, Arrays.stream(e.getSuppressed()).distinct().count());
        assertFalse(List.of(e.getSuppressed()).contains(e.getCause()));
        assertTrue(e.getMessage().endsWith("(the first of 1000 failures)"), e.getMessage());
      });
    }

    @Test
    void theHandleSaysWhoStartedTheTask() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup();
        String creator = group.go(() -> Go.gosched()).createdBy();
        assertTrue(creator.contains("ErrGroupTest"), creator);
        group.await();
      });
    }
  }

  @Nested
  final class Awaiting {
    private final Chan<Integer> gate = Chan.unbuffered();

    private final Task passTheGate = () -> gate.receive();

    @Test
    void aTimeLimitEndsTheWaitAndNotTheTasks() throws Exception {
      run(() -> {
        ErrGroup group = ErrGroup.withContext(Context.background());
        group.go(passTheGate);
        assertThrows(DeadlineExceededException.class, () -> group.await(ofMillis(1)));
        assertFalse(group.context().isDone());
        gate.close();
        group.await(TestSupport.PATIENCE);
        assertTrue(group.context().isDone());
      });
    }

    @Test
    void aContextEndsTheWaitAndNotTheTasks() throws Exception {
      run(() -> {
        ErrGroup group = ErrGroup.withContext(Context.background());
        group.go(passTheGate);
        CancelContext context = Context.background().withCancel();
        Goroutine waiter =
            go(() -> assertThrows(CancelledException.class, () -> group.await(context)));
        TestSupport.awaitBlocked(waiter, "sync.WaitGroup.Wait");
        context.cancel();
        waiter.join();
        assertFalse(group.context().isDone());
        gate.close();
        group.await(Context.background());
      });
    }

    @Test
    void anInterruptEndsTheWaitAndNotTheTasks() throws Exception {
      run(() -> {
        ErrGroup group = ErrGroup.withContext(Context.background());
        group.go(passTheGate);
        Goroutine waiter = go(() -> assertThrows(InterruptedException.class, group::await));
        TestSupport.awaitBlocked(waiter, "sync.WaitGroup.Wait");
        waiter.cancel();
        waiter.join();
        assertFalse(group.context().isDone());
        gate.close();
        group.await();
      });
    }

    @Test
    void tryAwaitThrowsTheErrorOnlyWhenAllTasksHaveEnded() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup();
        group.go(passTheGate);
        group.go(failing(new IOException())).join();
        assertFalse(group.tryAwait());
        gate.close();
        errorOf(group);
        assertThrows(ExecutionException.class, group::tryAwait);
      });
    }

    @Test
    void selectChoosesTheEndOfTheTasks() throws Exception {
      run(() -> {
        ErrGroup group = ErrGroup.withContext(Context.background());
        group.go(passTheGate);
        Chan<String> other = Chan.buffered(1);
        other.send("other");
        assertEquals("other", select(group.onAwait(() -> "ended"), other.onReceive(s -> s)));
        assertFalse(group.context().isDone());
        gate.close();
        assertEquals("ended", select(group.onAwait(() -> "ended"), other.onReceive(s -> s)));
        assertTrue(group.context().isDone());
        assertNull(select(group.onAwait()));
      });
    }

    @Test
    void inASelectTheErrorIsTheCauseOfACompletionException() throws Exception {
      run(() -> {
        IOException error = new IOException();
        ErrGroup group = new ErrGroup();
        group.go(failing(error)).join();
        group.go(failing(new IOException("other")));
        CompletionException e =
            assertThrows(
                CompletionException.class, () -> select(group.onAwait(() -> fail("called"))));
        assertSame(error, e.getCause());
        assertEquals(1, e.getSuppressed().length);
      });
    }

    @Test
    void aSelectEndsTheContextEvenIfNobodyAsksForTheResult() throws Exception {
      run(() -> {
        for (boolean blocking : List.of(true, false)) {
          ErrGroup group = ErrGroup.withContext(Context.background());
          Chan<Integer> own = Chan.unbuffered();
          group.go(() -> own.receive());
          Select select = Select.of(group.onAwait());
          assertNull(select.tryAwait());
          assertFalse(group.context().isDone());
          if (blocking) {
            Goroutine closer = Goroutine.current();
            go(() -> {
              TestSupport.awaitBlocked(closer, "select");
              own.close();
            });
            select.await();
          } else {
            own.close();
            group.await();
            assertNotNull(select.tryAwait());
          }
          assertTrue(group.context().isDone());
        }
      });
    }

    @Test
    void anInterruptThatRacesWithTheEndIsThrownOrStaysPending() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          ErrGroup group = new ErrGroup();
          Chan<Integer> own = Chan.unbuffered();
          group.go(() -> own.receive());
          AtomicInteger interrupts = new AtomicInteger();
          Goroutine waiter =
              go(() -> {
                try {
                  group.await();
                  while (!Thread.interrupted()) { // sent, or about to be
                    Go.gosched();
                  }
                } catch (InterruptedException e) {
                  assertFalse(Thread.currentThread().isInterrupted());
                }
                interrupts.incrementAndGet();
              });
          if (round % 2 == 0) {
            TestSupport.awaitBlocked(waiter, "sync.WaitGroup.Wait");
          }
          go(own::close);
          waiter.thread().interrupt();
          waiter.join();
          assertEquals(1, interrupts.get());
          group.await();
        }
        awaitOnlyThisGoroutine();
      });
    }
  }

  @Nested
  final class OwnContext {
    @Test
    void endsWhenAwaitReturns() throws Exception {
      run(() -> {
        ErrGroup group = ErrGroup.withContext(Context.background());
        group.go(() -> assertFalse(group.context().isDone()));
        group.await();
        assertInstanceOf(CancelledException.class, group.context().error());
        assertInstanceOf(CancelledException.class, group.context().cause());
      });
    }

    @Test
    void endsWithTheFirstErrorAsItsCauseWhileTasksAreActive() throws Exception {
      run(() -> {
        IOException error = new IOException();
        ErrGroup group = ErrGroup.withContext(Context.background().withoutInterrupts());
        Chan<Integer> gate = Chan.unbuffered();
        group.go(() -> gate.receive());
        group.go(failing(error));
        group.context().done().receive();
        assertSame(error, group.context().cause());
        assertFalse(group.tryAwait());
        gate.close();
        assertSame(error, errorOf(group));
        assertSame(error, group.context().cause());
      });
    }

    @Test
    void theFirstErrorInterruptsTheOtherTasksAndTheirEchoesAreNotCounted() throws Exception {
      run(() -> {
        IOException error = new IOException();
        ErrGroup group = ErrGroup.withContext(Context.background());
        Chan<Integer> never = Chan.unbuffered();
        for (int i = 0; i < 10; i++) {
          group.go(() -> blockOutsideHeddle());
          group.go(() -> never.receive());
          group.go(() -> never.receive(group.context()));
        }
        group.go(failing(error));
        ExecutionException e = assertThrows(ExecutionException.class, group::await);
        assertSame(error, e.getCause());
        assertEquals(0, e.getSuppressed().length);
        assertEquals(error.toString(), e.getMessage());
        awaitOnlyThisGoroutine();
      });
    }

    @Test
    void errorsThatAreNoEchoesAreCountedAfterTheFirst() throws Exception {
      run(() -> {
        IOException cleaningUp = new IOException("cleaning up");
        ErrGroup group = ErrGroup.withContext(Context.background());
        group.go(() -> {
          try {
            blockOutsideHeddle();
          } finally {
            failing(cleaningUp).run();
          }
        });
        group.go(failing(new IOException()));
        ExecutionException e = assertThrows(ExecutionException.class, group::await);
        assertEquals(List.of(cleaningUp), List.of(e.getSuppressed()));
      });
    }

    @Test
    void theEndOfTheParentIsTheErrorHoweverTheTasksLearnOfIt() throws Exception {
      run(() -> {
        IOException reason = new IOException("reason");
        for (boolean interrupt : List.of(true, false)) {
          CancelContext parent = Context.background().withCancel();
          ErrGroup group = ErrGroup.withContext(parent);
          Chan<Integer> never = Chan.unbuffered();
          for (int i = 0; i < 3; i++) {
            group.go(() -> {
              if (interrupt) {
                blockOutsideHeddle();
              } else {
                never.receive(group.context());
              }
            });
          }
          parent.cancel(reason);
          ExecutionException e = assertThrows(ExecutionException.class, group::await);
          assertInstanceOf(CancelledException.class, e.getCause());
          assertSame(reason, e.getCause().getCause());
          assertEquals(0, e.getSuppressed().length);
        }
      });
    }

    @Test
    void theDeadlineOfTheParentIsTheError() throws Exception {
      run(() -> {
        try (CancelContext parent = Context.background().withTimeout(ofMillis(5))) {
          ErrGroup group = ErrGroup.withContext(parent);
          group.go(() -> blockOutsideHeddle());
          assertInstanceOf(DeadlineExceededException.class, errorOf(group));
        }
      });
    }

    @Test
    void aTaskIsStartedThoughTheContextIsDoneAndStartsOutInterrupted() throws Exception {
      run(() -> {
        IOException error = new IOException();
        ErrGroup group = ErrGroup.withContext(Context.background());
        group.go(failing(error)).join();
        AtomicInteger interrupted = new AtomicInteger();
        group.go(() -> {
          if (Thread.currentThread().isInterrupted()) {
            interrupted.incrementAndGet();
          }
        });
        assertSame(error, errorOf(group));
        assertEquals(1, interrupted.get());
      });
    }

    @Test
    void withoutInterruptsTheTasksOnlySeeThatTheContextIsDone() throws Exception {
      run(() -> {
        ErrGroup group = ErrGroup.withContext(Context.background().withoutInterrupts());
        group.go(() -> {
          group.context().done().receive();
          assertFalse(Thread.currentThread().isInterrupted());
        });
        IOException error = new IOException();
        group.go(failing(error));
        ExecutionException e = assertThrows(ExecutionException.class, group::await);
        assertSame(error, e.getCause());
        assertEquals(0, e.getSuppressed().length);
      });
    }

    @Test
    void awaitDetachesTheGroupFromItsParent() throws Exception {
      run(() -> {
        CancelContext parent = Context.background().withCancel();
        Source<Void> done = (Source<Void>) parent.done();
        ErrGroup group = ErrGroup.withContext(parent);
        assertEquals(1, TestSupport.queuedReceivers(done));
        group.await();
        assertEquals(0, TestSupport.queuedReceivers(done));
      });
    }

    @Test
    void theFirstErrorIsTheCauseWhenManyFailAtOnce() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          ErrGroup group = ErrGroup.withContext(Context.background());
          CountDownLatch gate = new CountDownLatch(1);
          for (int i = 0; i < 8; i++) {
            int id = i;
            group.go(() -> {
              gate.await();
              if (id % 2 == 0) {
                throw new IOException("task " + id);
              }
              group.context().done().receive();
              group.context().check();
            });
          }
          gate.countDown();
          ExecutionException e = assertThrows(ExecutionException.class, group::await);
          assertSame(group.context().cause(), e.getCause());
          for (Throwable other : e.getSuppressed()) {
            assertInstanceOf(IOException.class, other);
          }
        }
        awaitOnlyThisGoroutine();
      });
    }
  }

  @Nested
  final class Limit {
    @Test
    void isNeverExceeded() throws Exception {
      run(() -> {
        int limit = 10;
        ErrGroup group = new ErrGroup().limit(limit);
        AtomicInteger active = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger all = new AtomicInteger();
        for (int i = 0; i < 1025; i++) {
          group.go(() -> {
            int now = active.incrementAndGet();
            most.accumulateAndGet(now, Math::max);
            all.incrementAndGet();
            Go.gosched();
            active.decrementAndGet();
          });
        }
        group.await();
        assertTrue(most.get() <= limit, () -> most + " tasks were active");
        assertEquals(1025, all.get());
      });
    }

    @Test
    void isNeverExceededByThoseWhoGoAndTryToAtTheSameTime() throws Exception {
      run(() -> {
        int limit = 3;
        ErrGroup group = new ErrGroup().limit(limit);
        AtomicInteger active = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger ran = new AtomicInteger();
        Task task =
            () -> {
              most.accumulateAndGet(active.incrementAndGet(), Math::max);
              Go.gosched();
              ran.incrementAndGet();
              active.decrementAndGet();
            };
        AtomicInteger started = new AtomicInteger();
        WaitGroup starters = new WaitGroup();
        for (int i = 0; i < 4; i++) {
          boolean waits = i % 2 == 0;
          starters.go(() -> {
            for (int n = 0; n < ROUNDS; n++) {
              if (waits) {
                group.go(task);
                started.incrementAndGet();
              } else if (group.tryGo(task)) {
                started.incrementAndGet();
              }
            }
          });
        }
        starters.await();
        group.await();
        assertEquals(started.get(), ran.get());
        assertTrue(most.get() <= limit, () -> most + " tasks were active");
      });
    }

    @Test
    void tryGoStartsAsManyTasksAsMayBeActive() throws Exception {
      run(() -> {
        int limit = 42;
        ErrGroup group = new ErrGroup().limit(limit);
        Chan<Integer> gate = Chan.unbuffered();
        Task task = () -> gate.receive();
        for (int i = 0; i < limit; i++) {
          assertTrue(group.tryGo(task), "task " + i);
        }
        assertFalse(group.tryGo(task));
        gate.close();
        group.await();
        assertTrue(group.tryGo(task));
        group.await();

        group.limit(1);
        Chan<Integer> second = Chan.unbuffered();
        assertTrue(group.tryGo(() -> second.receive()));
        assertFalse(group.tryGo(NOTHING));
        second.close();
        group.await();

        group.limit(0);
        assertFalse(group.tryGo(() -> fail("started")));
        group.await();

        group.limit(-1);
        for (int i = 0; i < 100; i++) {
          assertTrue(group.tryGo(NOTHING));
        }
        group.await();
      });
    }

    @Test
    void ofThoseWhoTryAtTheSameTimeExactlyAsManySucceedAsThereArePlaces() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          int limit = 1 + round % 3;
          ErrGroup group = new ErrGroup().limit(limit);
          Chan<Integer> gate = Chan.unbuffered();
          CountDownLatch start = new CountDownLatch(1);
          AtomicInteger started = new AtomicInteger();
          WaitGroup tries = new WaitGroup();
          for (int i = 0; i < 6; i++) {
            tries.go(() -> {
              start.await();
              if (group.tryGo(() -> gate.receive())) {
                started.incrementAndGet();
              }
            });
          }
          start.countDown();
          tries.await();
          assertEquals(limit, started.get());
          gate.close();
          group.await();
          assertTrue(group.tryGo(NOTHING), "all places are free when await returns");
          group.await();
        }
      });
    }

    @Test
    void aPlaceIsFreeOnceTheTasksGoroutineHasEnded() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup().limit(1);
        for (int round = 0; round < ROUNDS; round++) {
          group.go(round % 2 == 0 ? NOTHING : failing(new IOException())).join();
          assertTrue(group.tryGo(NOTHING));
          assertThrowsOrReturns(group);
        }
      });
    }

    private static void assertThrowsOrReturns(ErrGroup group) throws InterruptedException {
      try {
        group.await();
      } catch (ExecutionException e) {
        assertInstanceOf(IOException.class, e.getCause());
      }
    }

    @Test
    void cannotChangeWhileTasksAreActive() throws Exception {
      run(() -> {
        for (int limit : new int[] {-1, 2}) {
          ErrGroup group = new ErrGroup().limit(limit);
          Chan<Integer> gate = Chan.unbuffered();
          group.go(() -> gate.receive());
          assertThrows(IllegalStateException.class, () -> group.limit(3));
          gate.close();
          group.await();
          group.limit(3);
        }
      });
    }

    @Test
    void cannotChangeWhileSomebodyWaitsForAPlace() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup().limit(0);
        Goroutine starter =
            go(() ->
                assertThrows(InterruptedException.class, () -> group.go(() -> fail("started"))));
        TestSupport.awaitBlocked(starter, "semaphore acquire");
        assertThrows(IllegalStateException.class, () -> group.limit(1));
        starter.cancel();
        starter.join();
        group.limit(1).go(NOTHING);
        group.await();
      });
    }

    @Test
    void goWaitsForAPlaceAndAwaitWaitsForThoseWhoDo() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup().limit(1);
        Chan<Integer> first = Chan.unbuffered();
        Chan<Integer> second = Chan.unbuffered();
        group.go(() -> first.receive());
        Goroutine starter = go(() -> group.go(() -> second.receive()));
        TestSupport.awaitBlocked(starter, "semaphore acquire");
        Goroutine waiter = go(() -> group.await());
        TestSupport.awaitBlocked(waiter, "sync.WaitGroup.Wait");
        first.close();
        starter.join();
        assertFalse(group.tryAwait());
        assertFalse(waiter.isDone());
        second.close();
        waiter.join();
      });
    }

    @Test
    void tasksCanStartTasks() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup().limit(4);
        AtomicInteger ran = new AtomicInteger();
        for (int i = 0; i < 2; i++) {
          group.go(() -> {
            for (int n = 0; n < 50; n++) {
              group.go(ran::incrementAndGet);
            }
          });
        }
        group.await();
        assertEquals(100, ran.get());
      });
    }

    @Test
    void goOfAnInterruptedThreadStartsNothingWithAndWithoutALimit() throws Exception {
      run(() -> {
        for (int limit : new int[] {-1, 1}) {
          ErrGroup group = new ErrGroup().limit(limit);
          Thread.currentThread().interrupt();
          assertThrows(InterruptedException.class, () -> group.go(() -> fail("started")));
          assertFalse(Thread.currentThread().isInterrupted());
          group.await();
          assertTrue(group.tryGo(NOTHING));
          group.await();
        }
      });
    }

    @Test
    void anInterruptThatRacesWithAPlaceLosesNeitherThePlaceNorTheTask() throws Exception {
      run(() -> {
        ErrGroup group = new ErrGroup().limit(1);
        for (int round = 0; round < ROUNDS; round++) {
          Chan<Integer> gate = Chan.unbuffered();
          group.go(() -> gate.receive());
          AtomicInteger balance = new AtomicInteger();
          Goroutine starter =
              go(() -> {
                try {
                  group.go(balance::decrementAndGet);
                  balance.incrementAndGet();
                } catch (InterruptedException e) {
                  assertFalse(Thread.currentThread().isInterrupted());
                }
              });
          if (round % 2 == 0) {
            TestSupport.awaitBlocked(starter, "semaphore acquire");
          }
          go(gate::close);
          starter.cancel();
          starter.join();
          group.await();
          assertEquals(0, balance.get());
          assertTrue(group.tryGo(NOTHING));
          group.await();
        }
        awaitOnlyThisGoroutine();
      });
    }
  }

  @Nested
  final class Misuse {
    @Test
    void nullIsRefused() {
      assertThrows(NullPointerException.class, () -> new ErrGroup().go(null));
      assertThrows(NullPointerException.class, () -> new ErrGroup().tryGo(null));
      assertThrows(NullPointerException.class, () -> ErrGroup.withContext(null));
      assertThrows(NullPointerException.class, () -> new ErrGroup().await((Context) null));
      assertThrows(NullPointerException.class, () -> new ErrGroup().onAwait(null));
    }
  }

  @Nested
  final class Examples {
    @Test
    void parallelSearchesKeepTheirOrder() throws Exception {
      run(() -> {
        List<String> kinds = List.of("web", "image", "video");
        String[] results = new String[kinds.size()];
        ErrGroup group = ErrGroup.withContext(Context.background());
        for (int i = 0; i < results.length; i++) {
          int at = i;
          group.go(() -> results[at] = kinds.get(at) + " result for \"golang\"");
        }
        group.await(ofSeconds(60));
        assertEquals(
            """
            web result for "golang"
            image result for "golang"
            video result for "golang\"\
            """,
            String.join("\n", results));
      });
    }
  }
}
