package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.select;
import static io.heddle.TaskGroupTestSupport.NOTHING;
import static io.heddle.TaskGroupTestSupport.awaitOnlyThisGoroutine;
import static io.heddle.TaskGroupTestSupport.errorOf;
import static io.heddle.TaskGroupTestSupport.failing;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Groups of tasks: their errors, their context, their limit. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TaskGroupTest {
  private static final int ROUNDS = 200;

  @Nested
  final class Errors {
    @Test
    void awaitOfANewGroupReturnsAtOnce() throws Exception {
      new TaskGroup<Void>().await();
      new TaskGroup<Void>().await(Duration.ZERO);
      assertEquals(List.of(), new TaskGroup<Void>().tryAwait());
    }

    @Test
    void everyWaitThrowsTheFirstError() throws Exception {
      run(() -> {
        IOException one = new IOException("one");
        IOException two = new IOException("two");
        List<List<IOException>> uses =
            List.of(List.of(), Arrays.asList((IOException) null), List.of(one), List.of(one, two));
        for (List<IOException> errors : uses) {
          TaskGroup<Void> group = new TaskGroup<Void>().keepGoing();
          IOException first = null;
          for (IOException error : errors) {
            group.go(error == null ? NOTHING : failing(error)).join();
            first = first == null ? error : first;
          }
          for (int i = 0; i < 2; i++) {
            if (first == null) {
              assertEquals(List.of(), group.await());
            } else {
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
          TaskGroup<Void> group = new TaskGroup<>();
          Goroutine<?> task = group.go(failing(error));
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
    void aGroupThatKeepsGoingLetsTheOtherTasksFinish() throws Exception {
      run(() -> {
        TaskGroup<Void> group = new TaskGroup<Void>().keepGoing();
        Chan<Integer> gate = Chan.unbuffered();
        AtomicInteger finished = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
          group.go(() -> {
            gate.receive();
            finished.incrementAndGet();
          });
        }
        group.go(failing(new IOException())).join();
        assertNull(group.tryAwait());
        gate.close();
        errorOf(group);
        assertEquals(3, finished.get());
      });
    }

    @Test
    void theOtherErrorsAreSuppressedInOrder() throws Exception {
      run(() -> {
        TaskGroup<Void> group = new TaskGroup<Void>().keepGoing();
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
    void anErrorThatFailsToSayWhatItIsHoldsNobodyUp() throws Exception {
      run(() -> {
        IOException silent =
            new IOException() {
              @Override
              public String getMessage() {
                throw new UnsupportedOperationException("no text");
              }
            };
        TaskGroup<Void> group = new TaskGroup<>();
        group.go(failing(silent));
        for (int i = 0; i < 2; i++) {
          ExecutionException e = assertThrows(ExecutionException.class, group::await);
          assertSame(silent, e.getCause());
          assertEquals(silent.getClass().getName(), e.getMessage());
        }
      });
    }

    @Test
    void oneErrorThrownByTwoTasksIsNoTrouble() throws Exception {
      run(() -> {
        IOException error = new IOException();
        TaskGroup<Void> group = new TaskGroup<>();
        group.go(failing(error));
        group.go(failing(error));
        assertSame(error, errorOf(group));
      });
    }

    @Test
    void ofManyErrorsAtOnceOneIsTheFirstAndSixteenAreKept() throws Exception {
      run(() -> {
        int tasks = 1_000;
        TaskGroup<Void> group = new TaskGroup<>(Context.background().withoutInterrupts());
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
        TaskGroup<Void> group = new TaskGroup<>();
        String creator = group.go(() -> Go.gosched()).createdBy();
        assertTrue(creator.contains("TaskGroupTest"), creator);
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
        TaskGroup<Void> group = new TaskGroup<>(Context.background());
        group.go(passTheGate);
        assertThrows(TimeoutException.class, () -> group.await(ofMillis(1)));
        assertFalse(group.context().isDone());
        gate.close();
        group.await(TestSupport.PATIENCE);
        assertTrue(group.context().isDone());
      });
    }

    @Test
    void aContextEndsTheWaitAndNotTheTasks() throws Exception {
      run(() -> {
        TaskGroup<Void> group = new TaskGroup<>(Context.background());
        group.go(passTheGate);
        CancelContext context = Context.background().withCancel();
        Goroutine<?> waiter =
            go(() -> assertThrows(CancelledException.class, () -> group.await(context)));
        TestSupport.awaitBlocked(waiter, "TaskGroup.await");
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
        TaskGroup<Void> group = new TaskGroup<>(Context.background());
        group.go(passTheGate);
        Goroutine<?> waiter = go(() -> assertThrows(InterruptedException.class, group::await));
        TestSupport.awaitBlocked(waiter, "TaskGroup.await");
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
        TaskGroup<Void> group = new TaskGroup<Void>().keepGoing();
        group.go(passTheGate);
        group.go(failing(new IOException())).join();
        assertNull(group.tryAwait());
        gate.close();
        errorOf(group);
        assertThrows(ExecutionException.class, group::tryAwait);
      });
    }

    @Test
    void selectChoosesTheEndOfTheTasks() throws Exception {
      run(() -> {
        TaskGroup<Void> group = new TaskGroup<>(Context.background());
        group.go(passTheGate);
        Chan<String> other = Chan.buffered(1);
        other.send("other");
        assertEquals("other", select(group.onAwait(_ -> "ended"), other.onReceive(s -> s)));
        assertFalse(group.context().isDone());
        gate.close();
        assertEquals("ended", select(group.onAwait(_ -> "ended"), other.onReceive(s -> s)));
        assertTrue(group.context().isDone());
        assertEquals(List.of(), select(group.onAwait()));
      });
    }

    @Test
    void inASelectTheErrorIsTheCauseOfACompletionException() throws Exception {
      run(() -> {
        IOException error = new IOException();
        TaskGroup<Void> group = new TaskGroup<Void>().keepGoing();
        group.go(failing(error)).join();
        group.go(failing(new IOException("other")));
        CompletionException e =
            assertThrows(
                CompletionException.class, () -> select(group.onAwait(_ -> fail("called"))));
        assertSame(error, e.getCause());
        assertEquals(1, e.getSuppressed().length);
      });
    }

    @Test
    void theResultOfACaseEndsTheContext() throws Exception {
      run(() -> {
        for (boolean blocking : List.of(true, false)) {
          TaskGroup<Void> group = new TaskGroup<>(Context.background());
          Chan<Integer> own = Chan.unbuffered();
          group.go(() -> own.receive());
          var end = group.onAwait();
          Select select = Select.of(end);
          assertNull(select.tryAwait());
          assertFalse(group.context().isDone());
          if (blocking) {
            Goroutine<?> closer = Goroutine.current();
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
          assertEquals(List.of(), end.result());
          assertTrue(group.context().isDone());
        }
      });
    }

    @Test
    void anInterruptThatRacesWithTheEndIsThrownOrStaysPending() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          TaskGroup<Void> group = new TaskGroup<>();
          Chan<Integer> own = Chan.unbuffered();
          group.go(() -> own.receive());
          AtomicInteger interrupts = new AtomicInteger();
          Goroutine<?> waiter =
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
            TestSupport.awaitBlocked(waiter, "TaskGroup.await");
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
  final class Misuse {
    @Test
    void nullIsRefused() {
      TaskGroup<Integer> group = new TaskGroup<>();
      assertThrows(NullPointerException.class, () -> group.go((Task) null));
      assertThrows(NullPointerException.class, () -> group.go((Callable<Integer>) null));
      assertThrows(NullPointerException.class, () -> group.tryGo((Task) null));
      assertThrows(NullPointerException.class, () -> group.tryGo((Callable<Integer>) null));
      assertThrows(NullPointerException.class, () -> group.closeWhenDone(null));
      assertThrows(NullPointerException.class, () -> new TaskGroup<Void>(null));
      assertThrows(NullPointerException.class, () -> new TaskGroup<Void>().await((Context) null));
      assertThrows(NullPointerException.class, () -> new TaskGroup<Void>().onAwait(null));
    }
  }

  @Nested
  final class Examples {
    @Test
    void parallelSearchesKeepTheirOrder() throws Exception {
      run(() -> {
        try (TaskGroup<String> searches = new TaskGroup<String>().timeout(ofSeconds(60))) {
          for (String kind : List.of("web", "image", "video")) {
            searches.go(() -> kind + " result for \"golang\"");
          }
          assertEquals(
              """
              web result for "golang"
              image result for "golang"
              video result for "golang\"\
              """,
              String.join("\n", searches.await()));
        }
      });
    }
  }
}
