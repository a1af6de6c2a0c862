package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static io.heddle.Select.choose;
import static io.heddle.Select.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.ContextInterruptTest.Kind;
import io.heddle.ForeignContexts.Wrapper;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The interrupt that the end of a context causes is for goroutines that do not know of it
 * otherwise.
 */
@Timeout(value = 90, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("clock")
@Tag("slow")
final class InterruptTakenBackTest {
  /** Ways to learn that a context is done. */
  enum Learning {
    ON_DONE {
      @Override
      void await(Context context) throws InterruptedException {
        assertEquals(
            "done", select(context.onDone(() -> "done"), Chan.never().onReceive(v -> "value")));
      }
    },
    ON_DONE_ALONE {
      @Override
      void await(Context context) throws InterruptedException {
        select(context.onDone());
      }
    },
    OPERATION {
      @Override
      void await(Context context) {
        assertThrows(ContextException.class, () -> Chan.never().receive(context));
      }
    },
    SELECT_WITH_CONTEXT {
      @Override
      void await(Context context) {
        Case<?> never = Chan.never().onReceive();
        assertThrows(ContextException.class, () -> Select.of(never).await(context));
      }
    },
    CHECK {
      @Override
      void await(Context context) {
        assertThrows(
            ContextException.class,
            () -> {
              while (true) {
                context.check();
                Go.gosched();
              }
            });
      }
    },
    POLL {
      @Override
      void await(Context context) {
        Select poll = Select.of(context.onDone());
        while (poll.tryAwait() == null) {
          Go.gosched();
        }
      }
    };

    abstract void await(Context context) throws InterruptedException;

    boolean blocks() {
      return this != CHECK && this != POLL;
    }
  }

  @Nested
  final class TakingItBack {
    @ParameterizedTest
    @EnumSource(Learning.class)
    void whoLearnsOfTheEndOtherwiseIsNotInterrupted(Learning learning) throws InterruptedException {
      for (Kind kind : Kind.values()) {
        run(() -> {
          Kind.Tree tree = kind.make();
          Chan<String> cleanUp = Chan.unbuffered();
          Goroutine<?> goroutine =
              go(
                  tree.below(),
                  () -> {
                    learning.await(tree.below());
                    assertFalse(Thread.currentThread().isInterrupted());
                    cleanUp.send("clean");
                  });
          if (learning.blocks()) {
            TestSupport.awaitBlocked(goroutine.thread());
          }
          tree.cancel().run();
          assertEquals("clean", cleanUp.receive());
          goroutine.join();
          assertNull(goroutine.failure());
        });
      }
    }

    @ParameterizedTest
    @EnumSource(Learning.class)
    void anInterruptThatIsPendingIsTakenBack(Learning learning) throws InterruptedException {
      for (Kind kind : Kind.values()) {
        run(() -> {
          Kind.Tree tree = kind.make();
          tree.cancel().run();
          Goroutine<?> goroutine =
              go(
                  tree.below(),
                  () -> {
                    assertTrue(Thread.currentThread().isInterrupted());
                    learning.await(tree.below());
                    assertFalse(Thread.currentThread().isInterrupted());
                    Go.sleep(Duration.ofNanos(1));
                  });
          goroutine.join();
          assertNull(goroutine.failure());
        });
      }
    }

    @ParameterizedTest
    @EnumSource(Learning.class)
    void whoeverComesFirstCleaningUpIsNeverInterrupted(Learning learning)
        throws InterruptedException {
      for (Kind kind : Kind.values()) {
        run(() -> {
          Chan<String> cleanUp = Chan.unbuffered();
          for (int i = 0; i < 500; i++) {
            Kind.Tree tree = kind.make();
            Goroutine<?> goroutine =
                go(
                    tree.below(),
                    () -> {
                      learning.await(tree.below());
                      cleanUp.send("clean");
                      Go.gosched();
                      cleanUp.send("clean");
                    });
            Goroutine<?> canceller = go(tree.cancel()::run);
            assertEquals("clean", cleanUp.receive());
            assertEquals("clean", cleanUp.receive());
            goroutine.join();
            canceller.join();
            assertNull(goroutine.failure());
          }
        });
      }
    }

    @ParameterizedTest
    @EnumSource(Learning.class)
    void theEndOfADerivedContextTellsOfItsParents(Learning learning) throws InterruptedException {
      run(() -> {
        Chan<String> cleanUp = Chan.unbuffered();
        for (int i = 0; i < 2000; i++) {
          CancelContext context = Context.background().withCancel();
          Goroutine<?> goroutine =
              go(
                  context,
                  () -> {
                    try (CancelContext child = context.withTimeout(Duration.ofHours(1));
                        CancelContext grandchild = child.withCancel()) {
                      learning.await(grandchild);
                    }
                    cleanUp.send("clean");
                  });
          Goroutine<?> canceller = go(() -> context.cancel());
          assertEquals("clean", cleanUp.receive());
          goroutine.join();
          canceller.join();
          assertNull(goroutine.failure());
        }
      });
    }

    @Test
    void theEndOfAnotherContextTakesNothingBack() throws InterruptedException {
      run(() -> {
        CancelContext own = Context.background().withCancel();
        CancelContext other = own.withCancel();
        Chan<String> learned = Chan.unbuffered();
        Goroutine<?> goroutine =
            go(
                own,
                () -> {
                  select(other.onDone());
                  learned.send("learned");
                  Thread.sleep(Duration.ofHours(1));
                });
        TestSupport.awaitBlocked(goroutine, "select");
        other.cancel();
        learned.receive();
        own.cancel();
        goroutine.join();
        assertInstanceOf(InterruptedException.class, goroutine.failure());
      });
    }

    /** Its own context is done, too, but for another reason, of which it has not been notified. */
    @ParameterizedTest
    @EnumSource(Learning.class)
    void theEndOfAnotherContextTakesNothingBackIfBothAreDone(Learning learning)
        throws InterruptedException {
      run(() -> {
        CancelContext own = Context.background().withCancel();
        for (CancelContext other :
            List.of(own.withCancel(), Context.background().withCancel(), timedOut(own))) {
          CancelContext above = own.withCancel();
          Goroutine<?> goroutine =
              go(
                  above,
                  () -> {
                    other.cancel();
                    above.cancel(); // which interrupts
                    learning.await(other);
                    assertTrue(Thread.interrupted(), "its own cancellation is lost");
                    learning.await(above);
                  });
          goroutine.join();
          assertNull(goroutine.failure());
        }
      });
    }

    private static CancelContext timedOut(Context parent) {
      return parent.withTimeout(Duration.ZERO);
    }

    @Test
    void aLaterInterruptOfSomebodyElseStays() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        context.cancel();
        Goroutine<?> goroutine =
            go(
                context,
                () -> {
                  select(context.onDone());
                  Thread.currentThread().interrupt();
                  select(context.onDone());
                  assertTrue(Thread.currentThread().isInterrupted());
                  assertThrows(CancelledException.class, context::check);
                  assertTrue(Thread.interrupted());
                });
        goroutine.join();
        assertNull(goroutine.failure());
      });
    }

    @Test
    void withAnInterruptPendingOtherCasesAreNotChosen() throws InterruptedException {
      run(() -> {
        CancelContext open = Context.background().withCancel();
        Goroutine<?> ended = go(() -> {});
        ended.join();
        Chan<String> full = Chan.buffered(1);
        full.send("value");
        go(
                () -> {
                  Thread.currentThread().interrupt();
                  assertThrows(
                      InterruptedException.class,
                      () -> choose(open.onDone(), ended.onJoin(), full.onReceive()));
                  assertFalse(Thread.currentThread().isInterrupted());
                  assertEquals(1, full.len());
                })
            .join();
      });
    }

    @Test
    void anInterruptThatArrivedIsNotSentAgain() throws InterruptedException {
      run(() -> {
        CancelContext context = Context.background().withCancel();
        Goroutine<?> goroutine =
            go(
                context,
                () -> {
                  assertThrows(InterruptedException.class, () -> new CountDownLatch(1).await());
                  Go.sleep(Duration.ofNanos(1));
                });
        TestSupport.awaitBlocked(goroutine.thread());
        context.cancel();
        goroutine.join();
        assertNull(goroutine.failure());
      });
    }
  }

  @Nested
  final class TogetherWithCancel {
    @Test
    void aCancelOfTheGoroutineIsNeverTakenBack() throws InterruptedException {
      run(() -> {
        for (int i = 0; i < 5_000; i++) {
          CancelContext context = Context.background().withCancel();
          Goroutine<?> goroutine =
              go(
                  context,
                  () -> {
                    try {
                      select(context.onDone());
                    } catch (InterruptedException e) {
                      return; // the cancel came before the context's end
                    }
                    Chan.never().receive();
                  });
          Goroutine<?> canceller = go(() -> context.cancel());
          goroutine.cancel();
          goroutine.join();
          canceller.join();
        }
      });
    }

    @Test
    void norIsOneThatComesWhileThatOfTheContextIsTakenBack() throws InterruptedException {
      run(() -> {
        CancelContext inner = Context.background().withCancel();
        AtomicBoolean cancels = new AtomicBoolean();
        Context context =
            new Wrapper(inner) {
              @Override
              public boolean isDone() {
                if (cancels.getAndSet(false)) {
                  Goroutine.current().cancel();
                }
                return super.isDone();
              }
            };
        Goroutine<?> goroutine =
            go(
                context,
                () -> {
                  inner.cancel(); // which interrupts
                  cancels.set(true);
                  select(context.onDone());
                  assertFalse(cancels.get());
                  assertTrue(Thread.interrupted(), "cancel's interrupt is lost");
                });
        goroutine.join();
        assertNull(goroutine.failure());
      });
    }

    @Test
    void bothAtOnceEndAGoroutineQuietly() throws InterruptedException {
      run(() -> {
        for (int i = 0; i < 5_000; i++) {
          CancelContext context = Context.background().withCancel();
          Goroutine<?> goroutine = go(context, () -> Chan.never().receive(context));
          Goroutine<?> canceller = go(() -> context.cancel());
          if (i % 2 == 0) {
            goroutine.cancel();
          }
          goroutine.join();
          canceller.join();
          Throwable failure = goroutine.failure();
          assertTrue(
              failure instanceof InterruptedException || failure instanceof CancelledException,
              () -> "ended by " + failure);
        }
      });
    }
  }
}
