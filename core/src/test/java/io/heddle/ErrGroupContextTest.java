package io.heddle;

import static io.heddle.ErrGroupTestSupport.awaitOnlyThisGoroutine;
import static io.heddle.ErrGroupTestSupport.blockOutsideHeddle;
import static io.heddle.ErrGroupTestSupport.errorOf;
import static io.heddle.ErrGroupTestSupport.failing;
import static io.heddle.Go.run;
import static java.time.Duration.ofMillis;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Groups of tasks with a context of their own. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ErrGroupContextTest {
  private static final int ROUNDS = 200;

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
}
