package io.heddle.flow;

import static io.heddle.flow.FlowTestSupport.awaitBlocked;
import static io.heddle.flow.FlowTestSupport.awaitUntil;
import static io.heddle.flow.FlowTestSupport.blockForEver;
import static io.heddle.flow.FlowTestSupport.endless;
import static io.heddle.flow.FlowTestSupport.program;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Receiver;
import io.heddle.Task;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who owns a pipeline's goroutines, and what ends them. */
@Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class PipelineScopeTest {
  private static final Context BACKGROUND = Context.background();

  @Nested
  final class Completion {
    @Test
    void callYieldsWhatTheBodyReturns() throws Exception {
      program(() -> assertEquals("result", Pipeline.call(BACKGROUND, pipeline -> "result")));
    }

    @Test
    void theResultMayBeNull() throws Exception {
      program(() -> assertNull(Pipeline.<Object>call(BACKGROUND, pipeline -> null)));
    }

    @Test
    void runsOutsideOfAnyProgram() throws Exception {
      assertEquals(
          List.of(1, 2),
          Pipeline.call(BACKGROUND, pipeline -> pipeline.collect(pipeline.from(List.of(1, 2)))));
    }

    @Test
    void aBodyThatReturnsEarlyEndsTheStages() throws Exception {
      program(() -> {
        int sum =
            Pipeline.call(
                BACKGROUND,
                pipeline -> {
                  Receiver<Integer> ones = endless(pipeline, 1);
                  Receiver<Integer> twos = pipeline.map(ones, 3, one -> one + one);
                  int total = 0;
                  for (int two : twos) {
                    total += two;
                    if (total == 6) {
                      break;
                    }
                  }
                  return total;
                });
        assertEquals(6, sum);
      });
    }

    @Test
    void tasksAreAwaitedAndTheirStagesKeptAlive() throws Exception {
      program(() -> {
        Chan<Boolean> bodyIsOver = Chan.unbuffered();
        Chan<Integer> results = Chan.buffered(3);
        Pipeline.run(
            BACKGROUND,
            pipeline -> {
              Receiver<Integer> numbers =
                  pipeline.generate(out -> {
                    bodyIsOver.receive();
                    for (int i = 0; i < 3; i++) {
                      out.send(i);
                    }
                  });
              pipeline.go(() -> pipeline.forEach(numbers, 1, results::send));
              Go.go(bodyIsOver::close);
            });
        assertEquals(3, results.len());
      });
    }

    @Test
    void aTaskMayStartAnotherAfterTheBodyHasReturned() throws Exception {
      program(() -> {
        AtomicBoolean second = new AtomicBoolean();
        Pipeline.run(
            BACKGROUND, pipeline -> pipeline.go(() -> pipeline.go(() -> second.set(true))));
        assertTrue(second.get());
      });
    }

    @Test
    void callWaitsForAStageThatIsSlowToHeedItsInterrupt() throws Exception {
      program(() -> {
        Chan<Boolean> interrupted = Chan.buffered(1);
        Chan<Boolean> gate = Chan.unbuffered();
        Goroutine<?> caller =
            Go.go(() ->
                Pipeline.run(
                    BACKGROUND,
                    pipeline -> {
                      Chan<Boolean> started = Chan.unbuffered();
                      pipeline.generate(out -> {
                        started.close();
                        try {
                          blockForEver();
                        } catch (InterruptedException e) {
                          interrupted.send(true);
                          gate.receive();
                        }
                      });
                      started.receive();
                    }));
        interrupted.receive();
        awaitBlocked(caller, "Pipeline.run");
        assertFalse(caller.isDone());
        gate.close();
        caller.join();
      });
    }

    @Test
    void nothingStartsOnceThePipelineHasEnded() throws Exception {
      program(() -> {
        Pipeline ended = Pipeline.call(BACKGROUND, pipeline -> pipeline);
        assertThrows(IllegalStateException.class, () -> ended.go(() -> {}));
        assertThrows(IllegalStateException.class, () -> ended.from(List.of(1)));
        assertTrue(ended.context().isDone());
      });
    }

    @Test
    void whatAStageThrowsWhenNobodyWantsItsValuesIsDropped() throws Exception {
      program(() ->
          assertEquals(
              "result",
              Pipeline.call(
                  BACKGROUND,
                  pipeline -> {
                    Chan<Boolean> started = Chan.unbuffered();
                    pipeline.generate(out -> {
                      started.close();
                      try {
                        blockForEver();
                      } catch (InterruptedException e) {
                        throw new IOException("closed by interrupt");
                      }
                    });
                    started.receive();
                    return "result";
                  })));
    }

    @Test
    void anErrorOfAStageIsNeverDropped() throws Exception {
      program(() -> {
        AssertionError failure = new AssertionError("found while cleaning up");
        assertSame(
            failure,
            assertThrows(
                    ExecutionException.class,
                    () ->
                        Pipeline.run(
                            BACKGROUND,
                            pipeline -> {
                              Chan<Boolean> started = Chan.unbuffered();
                              pipeline.generate(out -> {
                                started.close();
                                try {
                                  blockForEver();
                                } catch (InterruptedException e) {
                                  throw failure;
                                }
                              });
                              started.receive();
                            }))
                .getCause());
      });
    }
  }

  @Nested
  final class Cancellation {
    @Test
    void ofTheContextEndsEverything() throws Exception {
      program(() -> {
        IOException cause = new IOException("shutting down");
        try (var context = BACKGROUND.withCancel()) {
          CancelledException thrown =
              assertThrows(
                  CancelledException.class,
                  () ->
                      Pipeline.run(
                          context,
                          pipeline -> {
                            pipeline.map(endless(pipeline, 1), 3, n -> n);
                            context.cancel(cause);
                            blockForEver();
                          }));
          assertSame(cause, thrown.getCause());
        }
      });
    }

    @Test
    void beforehandKeepsTheBodyFromRunning() throws Exception {
      program(() -> {
        try (var context = BACKGROUND.withCancel()) {
          context.cancel();
          assertThrows(
              CancelledException.class,
              () -> Pipeline.run(context, pipeline -> fail("the body ran")));
        }
      });
    }

    @Test
    void leavesTheBodyItsResultIfItHasOne() throws Exception {
      program(() -> {
        try (var context = BACKGROUND.withCancel()) {
          String result =
              Pipeline.call(
                  context,
                  pipeline -> {
                    endless(pipeline, 1);
                    context.cancel();
                    return "what there is";
                  });
          assertEquals("what there is", result);
        }
      });
    }

    @Test
    void ofATaskIsNotMistakenForItsCompletion() throws Exception {
      program(() -> {
        try (var context = BACKGROUND.withCancel()) {
          assertThrows(
              CancelledException.class,
              () ->
                  Pipeline.call(
                      context,
                      pipeline -> {
                        pipeline.go(FlowTestSupport::blockForEver);
                        context.cancel();
                        return "result";
                      }));
        }
      });
    }

    @Test
    void keepsAStageThatSwallowsItFromLookingComplete() throws Exception {
      program(() -> {
        try (var context = BACKGROUND.withCancel()) {
          AtomicReference<Receiver<Integer>> numbers = new AtomicReference<>();
          assertThrows(
              CancelledException.class,
              () ->
                  Pipeline.run(
                      context,
                      pipeline -> {
                        Chan<Boolean> started = Chan.unbuffered();
                        numbers.set(
                            pipeline.generate(out -> {
                              started.close();
                              try {
                                blockForEver();
                              } catch (InterruptedException e) {
                                return;
                              }
                            }));
                        started.receive();
                        context.cancel();
                        numbers.get().receive();
                      }));
          assertFalse(numbers.get().isDrained());
        }
      });
    }

    @Test
    void reachesStagesUnderAContextThatDoesNotInterrupt() throws Exception {
      program(() -> {
        try (var context = BACKGROUND.withCancel()) {
          assertThrows(
              CancelledException.class,
              () ->
                  Pipeline.run(
                      context.withoutInterrupts(),
                      pipeline -> {
                        Receiver<Integer> ones = endless(pipeline, 1);
                        List<Receiver<Integer>> two = pipeline.tee(ones, 2);
                        Receiver<Integer> merged =
                            pipeline.merge(
                                pipeline.map(two.get(0), 2, n -> n),
                                pipeline.mapInOrder(two.get(1), 2, n -> n));
                        Receiver<List<Integer>> batches =
                            pipeline.batch(
                                pipeline.until(merged, BACKGROUND), 2, Duration.ofHours(1));
                        batches.receive();
                        context.cancel();
                        pipeline.collect(batches);
                      }));
        }
      });
    }

    @Test
    void ofTheCallersOwnContextEndsItQuietly() throws Exception {
      program(() -> {
        Chan<Boolean> running = Chan.unbuffered();
        try (var context = BACKGROUND.withCancel()) {
          Goroutine<?> caller =
              Go.go(
                  context,
                  () ->
                      Pipeline.run(
                          context,
                          pipeline -> {
                            running.close();
                            pipeline.collect(endless(pipeline, 1));
                          }));
          running.receive();
          context.cancel();
          caller.join();
          assertInstanceOf(CancelledException.class, caller.failure());
        }
      });
    }
  }

  @Nested
  final class Interruption {
    @Test
    void ofTheCallerEndsEverything() throws Exception {
      program(() -> {
        Chan<Boolean> running = Chan.unbuffered();
        Goroutine<?> caller =
            Go.go(() ->
                Pipeline.run(
                    BACKGROUND,
                    pipeline -> {
                      pipeline.map(endless(pipeline, 1), 3, n -> n);
                      running.close();
                      blockForEver();
                    }));
        running.receive();
        caller.cancel();
        caller.join();
        assertInstanceOf(InterruptedException.class, caller.failure());
      });
    }

    @Test
    void beforehandEndsThePipelineToo() throws Exception {
      program(() -> {
        Thread.currentThread().interrupt();
        assertThrows(
            InterruptedException.class, () -> Pipeline.run(BACKGROUND, pipeline -> blockForEver()));
        assertFalse(Thread.currentThread().isInterrupted());
      });
    }

    @Test
    void staysPendingIfTheBodyFinishesNevertheless() throws Exception {
      program(() -> {
        Thread.currentThread().interrupt();
        String result =
            Pipeline.call(
                BACKGROUND,
                pipeline -> {
                  try {
                    blockForEver();
                  } catch (InterruptedException e) {
                    return "finished";
                  }
                  return "never";
                });
        assertEquals("finished", result);
        assertTrue(Thread.interrupted());
      });
    }

    @Test
    void whileAFailureEndsThePipelineStaysPending() throws Exception {
      assertStaysPendingWhileAFailureEndsThePipeline(() -> {
        throw new IOException("failed");
      });
    }

    @Test
    void whileATimeoutOfTheBodysOwnEndsThePipelineStaysPending() throws Exception {
      assertStaysPendingWhileAFailureEndsThePipeline(
          () -> Chan.<String>unbuffered().receive(Duration.ofNanos(1)));
    }

    @Test
    void whileAContextOfTheBodysOwnEndsThePipelineStaysPending() throws Exception {
      assertStaysPendingWhileAFailureEndsThePipeline(() -> {
        try (var own = BACKGROUND.withCancel()) {
          own.cancel();
          own.check();
        }
      });
    }

    private void assertStaysPendingWhileAFailureEndsThePipeline(Task failing) throws Exception {
      program(() -> {
        Chan<Boolean> cleaning = Chan.unbuffered();
        Chan<Boolean> gate = Chan.unbuffered();
        AtomicBoolean pending = new AtomicBoolean();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Goroutine<?> caller =
            Go.go(() -> {
              try {
                Pipeline.run(
                    BACKGROUND,
                    pipeline -> {
                      pipeline.go(() -> {
                        try {
                          blockForEver();
                        } finally {
                          cleaning.close();
                          gate.receive();
                        }
                      });
                      failing.run();
                    });
              } catch (Exception e) {
                thrown.set(e);
                pending.set(Thread.interrupted());
              }
            });
        cleaning.receive();
        awaitBlocked(caller, "Pipeline.run");
        caller.cancel();
        awaitUntil(() -> !caller.thread().isInterrupted());
        gate.close();
        caller.join();
        assertNotNull(thrown.get());
        assertFalse(thrown.get() instanceof InterruptedException);
        assertTrue(pending.get());
      });
    }

    @Test
    void ofTheCallersOwnContextIsToldOnce() throws Exception {
      program(() -> {
        Chan<Boolean> running = Chan.unbuffered();
        AtomicBoolean pending = new AtomicBoolean(true);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        try (var context = BACKGROUND.withCancel()) {
          Goroutine<?> caller =
              Go.go(
                  context,
                  () -> {
                    try {
                      Pipeline.run(
                          context,
                          pipeline -> {
                            running.close();
                            blockForEver();
                          });
                    } catch (CancelledException e) {
                      thrown.set(e);
                      pending.set(Thread.interrupted());
                    }
                  });
          running.receive();
          awaitBlocked(caller, "Pipeline.run");
          context.cancel();
          caller.join();
        }
        assertNotNull(thrown.get());
        assertFalse(pending.get());
      });
    }
  }
}
