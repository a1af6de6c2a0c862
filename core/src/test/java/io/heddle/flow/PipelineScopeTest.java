package io.heddle.flow;

import static io.heddle.flow.FlowTestSupport.awaitBlocked;
import static io.heddle.flow.FlowTestSupport.awaitUntil;
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
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Receiver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who owns a pipeline's goroutines, what ends them, and how errors travel. */
@Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class PipelineScopeTest {
  private static final Context BACKGROUND = Context.background();

  private static <T> Receiver<T> endless(Pipeline pipeline, T value) {
    return pipeline.generate(out -> {
      while (true) {
        out.send(value);
      }
    });
  }

  /** Blocks until interrupted, or until the context of the pipeline ends the wait. */
  private static void blockForEver() throws InterruptedException {
    Chan.never().receive();
  }

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
        Goroutine caller =
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
        awaitBlocked(caller, "chan receive");
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
                AssertionError.class,
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
                        })));
      });
    }
  }

  @Nested
  final class Failure {
    private static final class DiskOnFire extends IOException {
      private static final long serialVersionUID = 1;
    }

    private static Integer failing() throws IOException {
      throw new DiskOnFire();
    }

    /** Pipelines that fail somewhere. Whoever receives would wait for ever if nobody ended it. */
    static Stream<Map.Entry<String, Action<Pipeline>>> positions() {
      return Stream.of(
          Map.entry(
              "the body",
              p -> {
                pipelineOfStages(p, endless(p, 1)).receive();
                failing();
              }),
          Map.entry(
              "the body, with stages blocked on their sends",
              p -> {
                p.map(endless(p, 1), 4, n -> n);
                failing();
              }),
          Map.entry(
              "a task",
              p -> {
                p.go(Failure::failing);
                pipelineOfEverything(p, endless(p, 1));
              }),
          Map.entry("generate", p -> pipelineOfEverything(p, p.generate(out -> failing()))),
          Map.entry(
              "generate, with elements in its buffer",
              p ->
                  pipelineOfEverything(
                      p,
                      p.generate(
                          10,
                          out -> {
                            out.send(1);
                            failing();
                          }))),
          Map.entry(
              "one input of merge",
              p -> {
                Receiver<Integer> bad = p.generate(out -> failing());
                pipelineOfEverything(p, p.merge(endless(p, 1), bad));
              }),
          Map.entry("map", p -> pipelineOfEverything(p, p.map(endless(p, 1), 3, n -> failing()))),
          Map.entry(
              "one worker of map, while others wait for elements",
              p -> {
                Receiver<Integer> one =
                    p.generate(out -> {
                      out.send(1);
                      blockForEver();
                    });
                pipelineOfEverything(p, p.map(one, 3, n -> failing()));
              }),
          Map.entry(
              "mapInOrder, while others wait for their turn",
              p -> {
                Chan<Integer> third = Chan.unbuffered();
                Receiver<Integer> numbers = p.from(Stream.iterate(0, n -> n + 1).iterator());
                pipelineOfEverything(
                    p,
                    p.mapInOrder(
                        numbers,
                        3,
                        n -> {
                          if (n == 0) {
                            third.receive();
                            return failing();
                          } else if (n == 2) {
                            third.close();
                          }
                          return n;
                        }));
              }),
          Map.entry(
              "forEach", p -> p.forEach(pipelineOfStages(p, endless(p, 1)), 4, n -> failing())),
          Map.entry(
              "forEach in a task, while the body waits elsewhere",
              p -> {
                p.go(() -> p.forEach(endless(p, 1), 2, n -> failing()));
                blockForEver();
              }));
    }

    private static Receiver<Integer> pipelineOfStages(Pipeline p, Receiver<Integer> in) {
      List<Receiver<Integer>> two = p.tee(in, 2);
      Receiver<Integer> merged =
          p.merge(p.map(two.get(0), 2, n -> n), p.mapInOrder(two.get(1), 2, n -> n));
      return p.until(merged, BACKGROUND);
    }

    private static void pipelineOfEverything(Pipeline p, Receiver<Integer> in)
        throws InterruptedException {
      p.collect(p.batch(pipelineOfStages(p, in), 3, HOUR));
    }

    private static final Duration HOUR = Duration.ofHours(1);

    @ParameterizedTest
    @MethodSource("positions")
    void inAnyPositionEndsEverythingAndIsThrown(Map.Entry<String, Action<Pipeline>> position)
        throws Exception {
      program(() -> {
        DiskOnFire thrown =
            assertThrows(DiskOnFire.class, () -> Pipeline.run(BACKGROUND, position.getValue()));
        for (Throwable other : thrown.getSuppressed()) {
          assertInstanceOf(DiskOnFire.class, other);
        }
      });
    }

    @Test
    void ofOthersMeanwhileIsSuppressedButNotItsEcho() throws Exception {
      program(() -> {
        IOException first = new IOException("first");
        IllegalStateException second = new IllegalStateException("second, while cleaning up");
        IOException thrown =
            assertThrows(
                IOException.class,
                () ->
                    Pipeline.run(
                        BACKGROUND,
                        pipeline -> {
                          Chan<Boolean> ready = Chan.unbuffered();
                          pipeline.go(() -> {
                            try {
                              ready.close();
                              blockForEver();
                            } finally {
                              throwIt(second);
                            }
                          });
                          pipeline.go(() -> {
                            try {
                              blockForEver();
                            } catch (InterruptedException e) {
                              throw new IOException("wrapped", e);
                            }
                          });
                          pipeline.go(() -> {
                            ready.receive();
                            throw first;
                          });
                          blockForEver();
                        }));
        assertSame(first, thrown);
        assertEquals(List.of(second), List.of(thrown.getSuppressed()));
      });
    }

    private static void throwIt(RuntimeException e) {
      throw e;
    }

    @Test
    void isNotSuppressedByItself() throws Exception {
      program(() -> {
        IOException same = new IOException("thrown by all");
        IOException thrown =
            assertThrows(
                IOException.class,
                () ->
                    Pipeline.run(
                        BACKGROUND,
                        pipeline -> {
                          for (int i = 0; i < 5; i++) {
                            pipeline.go(() -> {
                              throw same;
                            });
                          }
                        }));
        assertSame(same, thrown);
      });
    }

    @Test
    void anErrorTravelsAsItself() throws Exception {
      program(() -> {
        AssertionError failure = new AssertionError("in a worker");
        assertSame(
            failure,
            assertThrows(
                AssertionError.class,
                () ->
                    Pipeline.run(
                        BACKGROUND,
                        pipeline ->
                            pipeline.forEach(
                                endless(pipeline, 1),
                                2,
                                n -> {
                                  throw failure;
                                }))));
      });
    }

    @Test
    void isTheCauseOfTheContextsEnd() throws Exception {
      program(() -> {
        AtomicReference<Throwable> seen = new AtomicReference<>();
        assertThrows(
            IOException.class,
            () ->
                Pipeline.run(
                    BACKGROUND,
                    pipeline -> {
                      pipeline.go(Failure::failing);
                      try {
                        Chan.never().receive(pipeline.context());
                      } catch (ContextException e) {
                        seen.set(e.getCause());
                      } catch (InterruptedException e) {
                        seen.set(pipeline.context().cause());
                      }
                    }));
        assertInstanceOf(DiskOnFire.class, seen.get());
      });
    }

    @Test
    void isThrownEvenIfTheBodyReturnsAResult() throws Exception {
      program(() ->
          assertThrows(
              IOException.class,
              () ->
                  Pipeline.call(
                      BACKGROUND,
                      pipeline -> {
                        pipeline.go(Failure::failing);
                        try {
                          blockForEver();
                        } catch (InterruptedException e) {
                          return "partial";
                        }
                        return "never";
                      })));
    }

    @Test
    void keepsNewStagesFromStarting() throws Exception {
      program(() -> {
        AtomicReference<Throwable> seen = new AtomicReference<>();
        assertThrows(
            IOException.class,
            () ->
                Pipeline.run(
                    BACKGROUND,
                    pipeline -> {
                      pipeline.go(Failure::failing);
                      awaitUntil(pipeline.context()::isDone);
                      seen.set(
                          assertThrows(CancelledException.class, () -> pipeline.from(List.of(1))));
                    }));
        assertNotNull(seen.get());
      });
    }

    @Test
    void ofANestedPipelineReachesTheOuter() throws Exception {
      program(() -> {
        assertThrows(
            DiskOnFire.class,
            () ->
                Pipeline.run(
                    BACKGROUND,
                    outer ->
                        outer.forEach(
                            endless(outer, 1),
                            2,
                            n ->
                                Pipeline.run(
                                    outer.context(),
                                    inner ->
                                        inner.forEach(endless(inner, 1), 2, m -> failing())))));
      });
    }

    @Test
    void ofTheOuterPipelineEndsTheNested() throws Exception {
      program(() -> {
        Chan<Boolean> nested = Chan.unbuffered();
        assertThrows(
            IOException.class,
            () ->
                Pipeline.run(
                    BACKGROUND,
                    outer -> {
                      outer.go(() ->
                          Pipeline.run(
                              outer.context(),
                              inner -> {
                                inner.map(endless(inner, 1), 2, n -> n);
                                nested.close();
                                blockForEver();
                              }));
                      nested.receive();
                      failing();
                    }));
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
                        pipeline.go(PipelineScopeTest::blockForEver);
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
          Goroutine caller =
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
        Goroutine caller =
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
      program(() -> {
        Chan<Boolean> cleaning = Chan.unbuffered();
        Chan<Boolean> gate = Chan.unbuffered();
        AtomicBoolean pending = new AtomicBoolean();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Goroutine caller =
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
                      throw new IOException("failed");
                    });
              } catch (IOException e) {
                thrown.set(e);
                pending.set(Thread.interrupted());
              }
            });
        cleaning.receive();
        awaitBlocked(caller, "chan receive");
        caller.cancel();
        awaitUntil(() -> !caller.thread().isInterrupted());
        gate.close();
        caller.join();
        assertNotNull(thrown.get());
        assertTrue(pending.get());
      });
    }
  }
}
