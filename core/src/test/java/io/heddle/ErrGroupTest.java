package io.heddle;

import static io.heddle.ErrGroupTestSupport.NOTHING;
import static io.heddle.ErrGroupTestSupport.awaitOnlyThisGoroutine;
import static io.heddle.ErrGroupTestSupport.errorOf;
import static io.heddle.ErrGroupTestSupport.failing;
import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.select;
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
final class ErrGroupTest {
  private static final int ROUNDS = 200;

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
    void anErrorThatFailsToSayWhatItIsHoldsNobodyUp() throws Exception {
      run(() -> {
        IOException silent =
            new IOException() {
              @Override
              public String getMessage() {
                throw new UnsupportedOperationException("no text");
              }
            };
        ErrGroup group = new ErrGroup();
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
        ErrGroup group = ErrGroup.withContext(Context.background());
        group.go(passTheGate);
        CancelContext context = Context.background().withCancel();
        Goroutine<?> waiter =
            go(() -> assertThrows(CancelledException.class, () -> group.await(context)));
        TestSupport.awaitBlocked(waiter, "WaitGroup.await");
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
        Goroutine<?> waiter = go(() -> assertThrows(InterruptedException.class, group::await));
        TestSupport.awaitBlocked(waiter, "WaitGroup.await");
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
            TestSupport.awaitBlocked(waiter, "WaitGroup.await");
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
