package io.heddle.flow;

import static io.heddle.flow.FlowTestSupport.program;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.CancelledException;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Receiver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random pipelines, of which some fail at a random place, are cancelled at a random time, or are
 * left early. Each either yields everything or says why not, and leaves no goroutine behind.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class PipelineStressTest {
  private static final int PIPELINES = Integer.getInteger("heddle.stress", 300);
  private static final int ELEMENTS = 200;

  private static final class Fault extends IOException {
    private static final long serialVersionUID = 1;
  }

  @Test
  void randomPipelinesAreCompleteOrSayWhyNot() throws Exception {
    long first = System.nanoTime();
    for (int i = 0; i < PIPELINES; i++) {
      long seed = first + i;
      try {
        program(() -> runOne(new Random(seed)));
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private static void runOne(Random random) throws Exception {
    boolean fails = random.nextInt(3) == 0;
    boolean cancels = random.nextInt(4) == 0;
    int enough = random.nextInt(3) == 0 ? random.nextInt(ELEMENTS) : Integer.MAX_VALUE;
    AtomicBoolean failed = new AtomicBoolean();
    AtomicBoolean cancelled = new AtomicBoolean();
    try (CancelContext context = Context.background().withCancel()) {
      if (cancels) {
        int delay = random.nextInt(300);
        Go.go(() -> {
          Go.sleep(Duration.ofNanos(delay * 1000L));
          cancelled.set(true);
          context.cancel();
        });
      }
      try {
        List<Integer> sorted =
            Pipeline.call(
                context,
                pipeline -> {
                  Receiver<Integer> stage =
                      pipeline.generate(
                          random.nextInt(3),
                          out -> {
                            for (int n = 0; n < ELEMENTS; n++) {
                              out.send(n);
                            }
                          });
                  int stages = 1 + random.nextInt(5);
                  int bad = fails ? random.nextInt(stages) : -1;
                  for (int i = 0; i < stages; i++) {
                    int badElement = i == bad ? random.nextInt(ELEMENTS) : -1;
                    stage =
                        addStage(
                            pipeline,
                            stage,
                            random,
                            n -> {
                              if (n == badElement) {
                                failed.set(true);
                                throw new Fault();
                              }
                              return n;
                            });
                  }
                  if (enough == Integer.MAX_VALUE) {
                    return pipeline.collect(stage).stream().sorted().toList();
                  }
                  int received = 0;
                  while (received < enough && stage.receive() != null) {
                    received++;
                  }
                  assertEquals(enough, received);
                  return List.of();
                });
        if (enough == Integer.MAX_VALUE) {
          assertEquals(IntStream.range(0, ELEMENTS).boxed().toList(), sorted);
        }
      } catch (ExecutionException e) {
        assertInstanceOf(Fault.class, e.getCause());
        assertTrue(failed.get());
      } catch (CancelledException e) {
        assertTrue(cancelled.get());
      }
    }
  }

  private static Receiver<Integer> addStage(
      Pipeline pipeline, Receiver<Integer> in, Random random, Mapper<Integer, Integer> mapper) {
    int workers = 1 + random.nextInt(4);
    return switch (random.nextInt(5)) {
      case 0 -> pipeline.map(in, workers, mapper);
      case 1 -> pipeline.mapInOrder(in, workers, mapper);
      case 2 -> {
        List<Receiver<Integer>> outs = pipeline.tee(in, 2);
        Receiver<Integer> even = only(pipeline, outs.get(0), 0);
        Receiver<Integer> odd = only(pipeline, outs.get(1), 1);
        yield pipeline.merge(pipeline.map(even, workers, mapper), pipeline.map(odd, 1, mapper));
      }
      case 3 -> {
        Receiver<List<Integer>> batches =
            pipeline.batch(in, workers, Duration.ofNanos(1 + random.nextInt(100_000)));
        yield pipeline.generate(out -> {
          for (List<Integer> batch : batches) {
            for (int n : batch) {
              out.send(mapper.apply(n));
            }
          }
        });
      }
      default -> pipeline.until(pipeline.map(in, workers, mapper), Context.background());
    };
  }

  private static Receiver<Integer> only(Pipeline pipeline, Receiver<Integer> in, int parity) {
    return pipeline.generate(out -> {
      for (int n : in) {
        if (n % 2 == parity) {
          out.send(n);
        }
      }
    });
  }
}
