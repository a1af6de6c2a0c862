package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.TaskGroupTestSupport.NOTHING;
import static io.heddle.TaskGroupTestSupport.awaitOnlyThisGoroutine;
import static io.heddle.TaskGroupTestSupport.blockOutsideHeddle;
import static io.heddle.TaskGroupTestSupport.errorOf;
import static io.heddle.TaskGroupTestSupport.failing;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That nothing is left of a group after its try, and nothing lost. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TaskGroupCloseTest {
  private static final int ROUNDS = 200;

  @Test
  void whatStillRunsIsCancelledAndWaitedFor() throws Exception {
    run(() -> {
      List<Goroutine<?>> tasks = new ArrayList<>();
      try (TaskGroup<Void> group = new TaskGroup<>()) {
        for (int i = 0; i < 10; i++) {
          tasks.add(group.go(() -> blockOutsideHeddle()));
          tasks.add(group.go(() -> Chan.unbuffered().receive()));
        }
      }
      for (Goroutine<?> task : tasks) {
        assertTrue(task.isDone());
        assertInstanceOf(InterruptedException.class, task.failure());
      }
      awaitOnlyThisGoroutine();
    });
  }

  @Test
  void anExceptionOfTheBodyLeavesAndThatOfATaskIsSuppressed() throws Exception {
    run(() -> {
      IOException body = new IOException("body");
      IOException task = new IOException("task");
      var e =
          assertThrows(
              IOException.class,
              () -> {
                try (TaskGroup<Void> group = new TaskGroup<>()) {
                  group.go(failing(task)).join();
                  throw body;
                }
              });
      assertSame(body, e);
      assertEquals(1, e.getSuppressed().length);
      assertInstanceOf(CompletionException.class, e.getSuppressed()[0]);
      assertSame(task, e.getSuppressed()[0].getCause());
    });
  }

  @Test
  void failuresThatNoWaitHasThrownAreThrownOnce() throws Exception {
    run(() -> {
      IOException error = new IOException("error");
      TaskGroup<Void> group = new TaskGroup<>();
      group.go(failing(error)).join();
      var e = assertThrows(CompletionException.class, group::close);
      assertSame(error, e.getCause());
      assertEquals("java.util.concurrent.CompletionException: " + error, e.toString());
      group.close();
      assertSame(error, errorOf(group));

      TaskGroup<Void> thrown = new TaskGroup<>();
      thrown.go(failing(error));
      assertSame(error, errorOf(thrown));
      thrown.close();
    });
  }

  @Test
  void whatFailsBecauseOfTheCloseIsThrown() throws Exception {
    run(() -> {
      IOException cleaningUp = new IOException("cleaning up");
      IOException other = new IOException("other");
      TaskGroup<Void> group = new TaskGroup<>();
      Chan<Integer> first = Chan.unbuffered();
      group.go(() -> {
        try {
          blockOutsideHeddle();
        } finally {
          first.close();
          failing(cleaningUp).run();
        }
      });
      group.go(() -> {
        try {
          blockOutsideHeddle();
        } catch (InterruptedException e) {
          throw other;
        }
      });
      var e = assertThrows(CompletionException.class, group::close);
      List<Throwable> all = new ArrayList<>(List.of(e.getSuppressed()));
      all.add(e.getCause());
      assertEquals(2, all.size());
      assertTrue(all.contains(cleaningUp) && all.contains(other), all.toString());
      assertTrue(e.getMessage().endsWith("(the first of 2 failures)"), e.getMessage());
    });
  }

  @Test
  void anInterruptWaitsAndIsRestored() throws Exception {
    run(() -> {
      Chan<Integer> gate = Chan.unbuffered();
      TaskGroup<Void> group = new TaskGroup<>(Context.background().withoutInterrupts());
      group.go(() -> gate.receive());
      AtomicBoolean interrupted = new AtomicBoolean();
      Goroutine<?> closer =
          go(() -> {
            group.close();
            interrupted.set(Thread.interrupted());
          });
      TestSupport.awaitBlocked(closer, "TaskGroup.close");
      for (int i = 0; i < 3; i++) {
        closer.cancel();
        TestSupport.awaitBlocked(closer, "TaskGroup.close");
      }
      gate.close();
      closer.join();
      assertTrue(interrupted.get());

      Thread.currentThread().interrupt();
      group.close();
      assertTrue(Thread.interrupted());
    });
  }

  @Test
  void anotherGoroutineMayCloseAndTheWaitIsNotTakenForSuccess() throws Exception {
    run(() -> {
      for (int round = 0; round < ROUNDS; round++) {
        TaskGroup<Integer> group = new TaskGroup<>();
        group.go(() -> Chan.<Integer>unbuffered().receive());
        group.go(() -> 1);
        Goroutine<?> closer = go(() -> group.close());
        Goroutine<?> second = go(() -> group.close());
        var e = assertThrows(CancelledException.class, group::await);
        assertEquals(0, e.getSuppressed().length);
        closer.join();
        second.join();
        assertThrows(CancelledException.class, group::await);
      }
    });
  }

  @Test
  void aTaskThatWaitsForItsOwnGroupIsTold() throws Exception {
    run(() -> {
      TaskGroup<Void> group = new TaskGroup<Void>().keepGoing();
      for (Task waits :
          List.<Task>of(
              () -> group.await(),
              () -> group.await(Context.background()),
              () -> group.await(java.time.Duration.ofDays(1)),
              () -> group.close())) {
        group.go(() -> {
          var e = assertThrows(IllegalStateException.class, waits::run);
          assertTrue(e.getMessage().contains("by one of its own tasks"), e.getMessage());
        });
      }
      group.await();

      // A group of its own is possible.
      try (TaskGroup<Integer> outer = new TaskGroup<>()) {
        outer.go(() -> {
          try (TaskGroup<Integer> inner = new TaskGroup<>()) {
            inner.go(() -> 1);
            inner.go(() -> 2);
            return inner.await().stream().mapToInt(Integer::intValue).sum();
          }
        });
        assertEquals(List.of(3), outer.await());
      }
    });
  }

  @Test
  void anInterruptedWaitThenClosesAndLosesNothing() throws Exception {
    run(() -> {
      IOException cleaningUp = new IOException("cleaning up");
      Chan<Boolean> running = Chan.unbuffered();
      Goroutine<?> caller =
          go(() -> {
            try (TaskGroup<Void> group = new TaskGroup<>()) {
              group.go(() -> {
                try {
                  running.send(true);
                  blockOutsideHeddle();
                } finally {
                  failing(cleaningUp).run();
                }
              });
              group.await();
            }
          });
      running.receive();
      TestSupport.awaitBlocked(caller, "TaskGroup.await");
      caller.cancel();
      caller.join();
      assertInstanceOf(InterruptedException.class, caller.failure());
      assertSame(cleaningUp, caller.failure().getSuppressed()[0].getCause());
    });
  }

  @Test
  void theEndOfTheCallersContextEndsItQuietly() throws Exception {
    run(() -> {
      for (boolean interrupts : List.of(true, false)) {
        CancelContext context = Context.background().withCancel();
        Context under = interrupts ? context : context.withoutInterrupts();
        Chan<Integer> never = Chan.unbuffered();
        Goroutine<?> caller =
            go(
                under,
                () -> {
                  try (TaskGroup<Integer> group = new TaskGroup<>()) {
                    group.go(() -> never.receive(group.context()));
                    group.await();
                  }
                });
        TestSupport.awaitBlocked(caller, "TaskGroup.await");
        context.cancel();
        caller.join(); // and the program has not failed
        assertTrue(
            caller.failure() instanceof ContextException
                || caller.failure() instanceof InterruptedException,
            () -> "" + caller.failure());
      }
    });
  }

  @Test
  void closeDetachesTheGroupFromItsParent() throws Exception {
    run(() -> {
      CancelContext parent = Context.background().withCancel();
      Source<Void> done = (Source<Void>) parent.done();
      TaskGroup<Void> group = new TaskGroup<Void>(parent).timeout(java.time.Duration.ofDays(1));
      assertEquals(1, TestSupport.queuedReceivers(done));
      group.close();
      assertEquals(0, TestSupport.queuedReceivers(done));
    });
  }

  @Test
  void aFailureThatRacesWithCloseIsThrownByOneOfTheTwo() throws Exception {
    run(() -> {
      for (int round = 0; round < ROUNDS; round++) {
        IOException error = new IOException();
        TaskGroup<Void> group = new TaskGroup<>();
        group.go(failing(error));
        AtomicInteger thrown = new AtomicInteger();
        Goroutine<?> waiter =
            go(() -> {
              try {
                group.await();
              } catch (ExecutionException e) {
                assertSame(error, e.getCause());
                thrown.incrementAndGet();
              } catch (CancelledException e) { // the close came first
                thrown.addAndGet(e.getSuppressed().length);
              }
            });
        try {
          group.close();
        } catch (CompletionException e) {
          assertSame(error, e.getCause());
          thrown.incrementAndGet();
        }
        waiter.join();
        assertFalse(thrown.get() == 0);
      }
    });
  }

  @Test
  void theTextShowsTheActiveTasks() throws Exception {
    run(() -> {
      TaskGroup<Void> group = new TaskGroup<>();
      Chan<Integer> gate = Chan.unbuffered();
      assertEquals("TaskGroup[0]", group.toString());
      group.go(() -> gate.receive());
      group.go(NOTHING).join();
      TestSupport.await("its end", () -> group.toString().equals("TaskGroup[1]"));
      gate.close();
      group.await();
      assertEquals("TaskGroup[0, over]", group.toString());
    });
  }
}
