package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.TaskGroupTestSupport.NOTHING;
import static io.heddle.TaskGroupTestSupport.awaitOnlyThisGoroutine;
import static io.heddle.TaskGroupTestSupport.blockOutsideHeddle;
import static io.heddle.TaskGroupTestSupport.errorOf;
import static io.heddle.TaskGroupTestSupport.failing;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** Groups of tasks with a context of their own. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TaskGroupContextTest {
  private static final int ROUNDS = 200;

  @Nested
  final class OwnContext {
    @Test
    void endsWhenAwaitReturns() throws Exception {
      run(() -> {
        TaskGroup<Void> group = new TaskGroup<>(Context.background());
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
        TaskGroup<Void> group = new TaskGroup<>(Context.background().withoutInterrupts());
        Chan<Integer> gate = Chan.unbuffered();
        group.go(() -> gate.receive());
        group.go(failing(error));
        group.context().done().receive();
        assertSame(error, group.context().cause());
        assertNull(group.tryAwait());
        gate.close();
        assertSame(error, errorOf(group));
        assertSame(error, group.context().cause());
      });
    }

    @Test
    void theFirstErrorInterruptsTheOtherTasksAndTheirEchoesAreNotCounted() throws Exception {
      run(() -> {
        IOException error = new IOException();
        TaskGroup<Void> group = new TaskGroup<>(Context.background());
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
        TaskGroup<Void> group = new TaskGroup<>(Context.background());
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
    void theEndOfTheParentIsThrownHoweverTheTasksLearnOfIt() throws Exception {
      run(() -> {
        IOException reason = new IOException("reason");
        for (boolean interrupt : List.of(true, false)) {
          CancelContext parent = Context.background().withCancel();
          TaskGroup<Void> group = new TaskGroup<>(parent);
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
          CancelledException e = assertThrows(CancelledException.class, group::await);
          assertTrue(
              e.getMessage().startsWith("TaskGroup.await: context cancelled"), e.getMessage());
          assertSame(reason, e.getCause());
          assertEquals(0, e.getSuppressed().length);
        }
      });
    }

    @Test
    void theDeadlineOfTheParentIsThrown() throws Exception {
      run(() -> {
        try (CancelContext parent = Context.background().withTimeout(ofMillis(5))) {
          TaskGroup<Void> group = new TaskGroup<>(parent);
          assertThrows(
              DeadlineExceededException.class,
              () -> {
                group.go(() -> blockOutsideHeddle()); // throws it if the time is over already
                group.await();
              });
        }
      });
    }

    @Test
    void afterAFailureGoStartsNothingAndTheWaitThrowsTheFailure() throws Exception {
      run(() -> {
        for (boolean limited : List.of(true, false)) {
          IOException error = new IOException();
          TaskGroup<String> group = new TaskGroup<>();
          if (limited) {
            group.limit(1);
          }
          group.go(failing(error)).join();
          Goroutine<String> refused = group.go(() -> fail("started"));
          assertTrue(refused.isDone());
          refused.join();
          assertInstanceOf(CancelledException.class, refused.failure());
          assertSame(error, refused.failure().getCause());
          assertThrows(CompletionException.class, refused::await);
          assertTrue(refused.createdBy().contains("TaskGroupContextTest"), refused.createdBy());
          refused.cancel();
          assertFalse(group.tryGo(() -> fail("started")));
          assertSame(error, errorOf(group));
        }
      });
    }

    @Test
    void aFailureEndsTheWaitForAPlace() throws Exception {
      run(() -> {
        IOException error = new IOException();
        Context parent = Context.background().withoutInterrupts();
        TaskGroup<String> group = new TaskGroup<String>(parent).limit(2);
        Chan<Integer> fails = Chan.unbuffered();
        Chan<Integer> gate = Chan.unbuffered();
        group.go(() -> gate.receive());
        group.go(() -> {
          fails.receive();
          throw error;
        });
        Goroutine<Goroutine<String>> starter = go(() -> group.go(() -> fail("started")));
        TestSupport.awaitBlocked(starter, "TaskGroup.go");
        fails.close();
        assertInstanceOf(CancelledException.class, starter.await().failure());
        gate.close();
        assertSame(error, errorOf(group));
      });
    }

    @Test
    void goThrowsWhenTheParentHasEndedOrTheGroupIsClosed() throws Exception {
      run(() -> {
        CancelContext parent = Context.background().withCancel();
        TaskGroup<Void> group = new TaskGroup<>(parent);
        parent.cancel();
        var e = assertThrows(CancelledException.class, () -> group.go(NOTHING));
        assertTrue(e.getMessage().startsWith("TaskGroup.go: context cancelled"), e.getMessage());
        assertFalse(group.tryGo(NOTHING));
        group.close();
        var over = assertThrows(IllegalStateException.class, () -> group.go(NOTHING));
        assertEquals(
            "go of a TaskGroup that is over: no task was active when await, results or"
                + " closeWhenDone was called. Start the tasks before that, or make a new group",
            over.getMessage());
        assertThrows(IllegalStateException.class, () -> group.tryGo(NOTHING));
      });
    }

    @Test
    void goOfAGroupThatKeepsGoingThrowsWhenTheParentHasEndedAfterAFailure() throws Exception {
      run(() -> {
        IOException error = new IOException();
        CancelContext parent = Context.background().withCancel();
        TaskGroup<Void> group = new TaskGroup<Void>(parent).keepGoing();
        group.go(failing(error)).join();
        parent.cancel();
        assertThrows(CancelledException.class, () -> group.go(NOTHING));
        assertSame(error, errorOf(group));
      });
    }

    @Test
    void theTimeoutEndsTheTasks() throws Exception {
      run(() -> {
        TaskGroup<Void> group = new TaskGroup<Void>().timeout(ofMillis(5));
        group.go(() -> blockOutsideHeddle());
        assertEquals(
            "TaskGroup.await: timed out after 0.005s", timeoutOf(group::await).getMessage());
        group.close(); // which does not throw it again
        TaskGroup<Integer> quick = new TaskGroup<Integer>().timeout(ofSeconds(60));
        quick.go(() -> 1);
        assertEquals(List.of(1), quick.await());
        TaskGroup<Void> never = new TaskGroup<Void>().timeout(Duration.ZERO);
        assertTrue(never.go(() -> fail("started")).isDone());
        timeoutOf(never::await);
      });
    }

    /** Code that handles the end of its own context must not take a slow group for that. */
    @Test
    void theTimeoutIsNoCancellation() throws Exception {
      run(() -> {
        TaskGroup<Void> outer = new TaskGroup<>();
        outer.go(() -> {
          var inner = new TaskGroup<Void>().timeout(Duration.ZERO);
          inner.go(NOTHING);
          inner.await();
        });
        assertInstanceOf(TimeoutException.class, errorOf(outer));

        var chosen = new TaskGroup<Void>().timeout(Duration.ZERO);
        chosen.go(NOTHING);
        var e = assertThrows(CompletionException.class, () -> Select.select(chosen.onAwait()));
        assertInstanceOf(TimeoutException.class, e.getCause());
      });
    }

    private static TimeoutException timeoutOf(Executable wait) {
      return assertInstanceOf(
          TimeoutException.class, assertThrows(ExecutionException.class, wait).getCause());
    }

    @Test
    void aFailureBeforeTheTimeoutComesFirst() throws Exception {
      run(() -> {
        IOException error = new IOException();
        TaskGroup<Void> group = new TaskGroup<Void>().keepGoing().timeout(ofMillis(5));
        group.go(failing(error)).join();
        group.go(() -> blockOutsideHeddle());
        assertSame(error, errorOf(group));
      });
    }

    @Test
    void tasksThatSucceedAfterTheEndOfTheParentAreASuccess() throws Exception {
      run(() -> {
        CancelContext parent = Context.background().withCancel();
        TaskGroup<Integer> group = new TaskGroup<>(parent.withoutInterrupts());
        Chan<Integer> gate = Chan.unbuffered();
        group.go(() -> {
          gate.receive();
          return 1;
        });
        parent.cancel();
        gate.close();
        assertEquals(List.of(1), group.await());
      });
    }

    @Test
    void whatFailsAfterTheEndOfTheParentIsSuppressedInThat() throws Exception {
      run(() -> {
        CancelContext parent = Context.background().withCancel();
        TaskGroup<Void> group = new TaskGroup<>(parent);
        IOException cleaningUp = new IOException("cleaning up");
        group.go(() -> {
          try {
            blockOutsideHeddle();
          } finally {
            failing(cleaningUp).run();
          }
        });
        parent.cancel();
        var e = assertThrows(CancelledException.class, group::await);
        assertEquals(List.of(cleaningUp), List.of(e.getSuppressed()));
        group.close();
      });
    }

    @Test
    void whatOnlyWrapsACancellationIsNoFailure() throws Exception {
      run(() -> {
        IOException error = new IOException();
        for (Task wraps :
            List.<Task>of(
                () -> {
                  try {
                    blockOutsideHeddle();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException("wrapped", e);
                  }
                },
                () -> {
                  try {
                    blockOutsideHeddle();
                  } catch (InterruptedException e) {
                    throw new ClosedByInterruptException();
                  }
                })) {
          TaskGroup<Void> group = new TaskGroup<>();
          group.go(wraps);
          group.go(failing(error));
          ExecutionException e = assertThrows(ExecutionException.class, group::await);
          assertSame(error, e.getCause());
          assertEquals(0, e.getSuppressed().length);
        }
      });
    }

    @Test
    void tasksRunUnderTheContextOfTheirGroupBelowThatOfTheCaller() throws Exception {
      run(() -> {
        Context.Key<String> key = Context.key("key");
        Goroutine<String> caller =
            go(
                Context.background().withValue(key, "value"),
                () -> {
                  try (TaskGroup<String> group = new TaskGroup<>()) {
                    group.go(() -> {
                      assertSame(group.context(), Context.current());
                      return Context.current().value(key);
                    });
                    return group.await().getFirst();
                  }
                });
        assertEquals("value", caller.await());
      });
    }

    @Test
    void withoutInterruptsTheTasksOnlySeeThatTheContextIsDone() throws Exception {
      run(() -> {
        TaskGroup<Void> group = new TaskGroup<>(Context.background().withoutInterrupts());
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
        TaskGroup<Void> group = new TaskGroup<>(parent);
        assertEquals(1, TestSupport.queuedReceivers(done));
        group.await();
        assertEquals(0, TestSupport.queuedReceivers(done));
      });
    }

    @Test
    void theFirstErrorIsTheCauseWhenManyFailAtOnce() throws Exception {
      run(() -> {
        for (int round = 0; round < ROUNDS; round++) {
          TaskGroup<Void> group = new TaskGroup<>(Context.background());
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
}
