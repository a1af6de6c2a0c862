package io.heddle.flow;

import static io.heddle.flow.FlowTestSupport.awaitUntil;
import static io.heddle.flow.FlowTestSupport.blockForEver;
import static io.heddle.flow.FlowTestSupport.endless;
import static io.heddle.flow.FlowTestSupport.program;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.heddle.CancelledException;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Receiver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How the errors of a pipeline travel. */
@Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class PipelineFailureTest {
  private static final Context BACKGROUND = Context.background();

  @Nested
  final class Failure {
    private static final class DiskOnFire extends IOException {
      private static final long serialVersionUID = 1;
    }

    private static Integer failing() throws IOException {
      throw new DiskOnFire();
    }

    /** Pipelines that fail somewhere. Without the failure, a receiver would wait forever. */
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
        ExecutionException thrown =
            assertThrows(
                ExecutionException.class, () -> Pipeline.run(BACKGROUND, position.getValue()));
        assertInstanceOf(DiskOnFire.class, thrown.getCause());
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
        ExecutionException thrown =
            assertThrows(
                ExecutionException.class,
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
        assertSame(first, thrown.getCause());
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
        ExecutionException thrown =
            assertThrows(
                ExecutionException.class,
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
        assertSame(same, thrown.getCause());
        assertEquals(0, thrown.getSuppressed().length);
        assertEquals(0, same.getSuppressed().length);
      });
    }

    @Test
    void anErrorIsAFailureToo() throws Exception {
      program(() -> {
        AssertionError failure = new AssertionError("in a worker");
        assertSame(
            failure,
            assertThrows(
                    ExecutionException.class,
                    () ->
                        Pipeline.run(
                            BACKGROUND,
                            pipeline ->
                                pipeline.forEach(
                                    endless(pipeline, 1),
                                    2,
                                    n -> {
                                      throw failure;
                                    })))
                .getCause());
      });
    }

    @Test
    void isTheCauseOfTheContextsEnd() throws Exception {
      program(() -> {
        AtomicReference<Throwable> seen = new AtomicReference<>();
        assertThrows(
            ExecutionException.class,
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
              ExecutionException.class,
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
    void neverLooksLikeTheEndOfTheElements() throws Exception {
      program(() -> {
        List<Receiver<Integer>> stages = new ArrayList<>();
        assertThrows(
            ExecutionException.class,
            () ->
                Pipeline.run(
                    BACKGROUND,
                    pipeline -> {
                      Chan<Boolean> ready = Chan.unbuffered();
                      stages.add(
                          pipeline.generate(out -> {
                            ready.receive();
                            failing();
                          }));
                      stages.add(pipeline.map(stages.get(0), 2, n -> n));
                      stages.add(pipeline.mapInOrder(stages.get(1), 2, n -> n));
                      stages.add(pipeline.merge(stages.get(2)));
                      stages.addAll(pipeline.tee(stages.get(3), 1));
                      Receiver<List<Integer>> batches = pipeline.batch(stages.get(4), 2, HOUR);
                      ready.close();
                      pipeline.collect(batches);
                    }));
        assertEquals(5, stages.size());
        for (Receiver<Integer> stage : stages) {
          assertFalse(stage.isDrained());
        }
      });
    }

    @Test
    void keepsNewStagesFromStarting() throws Exception {
      program(() -> {
        AtomicReference<Throwable> seen = new AtomicReference<>();
        assertThrows(
            ExecutionException.class,
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
        var thrown =
            assertThrows(
                ExecutionException.class,
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
        assertInstanceOf(DiskOnFire.class, thrown.getCause());
      });
    }

    @Test
    void ofTheOuterPipelineEndsTheNested() throws Exception {
      program(() -> {
        Chan<Boolean> nested = Chan.unbuffered();
        assertThrows(
            ExecutionException.class,
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

  /** An exception of foreign code, whose methods fail. */
  private static final class Hostile extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public synchronized Throwable getCause() {
      throw new AssertionError("no cause for you");
    }
  }

  @Test
  void anExceptionThatCannotBeAskedForItsCauseEndsThePipelineLikeAnyOther() throws Exception {
    program(() -> {
      Hostile hostile = new Hostile();
      ExecutionException thrown =
          assertThrows(
              ExecutionException.class,
              () ->
                  Pipeline.run(
                      Context.background(),
                      pipeline -> {
                        pipeline.go(FlowTestSupport::blockForEver);
                        throw hostile;
                      }));
      assertSame(hostile, thrown.getCause());
    });
  }
}
