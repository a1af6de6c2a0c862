package io.heddle.testing;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Receiver;
import io.heddle.Task;
import io.heddle.flow.Pipeline;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The stages of a pipeline against their sequential specifications, under many schedules, and a
 * stage that loses an element, which has to be found.
 */
@Timeout(120)
@Tag("clock")
final class StagesTest {
  private static final int SEEDS = 1000;
  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  @Explored(schedules = SEEDS)
  void aPipelineKeepsOrderWhereItSaysSoAndLosesNothing() throws Exception {
    List<Integer> ordered =
        Pipeline.call(
            Context.background(),
            pipeline ->
                pipeline.collect(
                    pipeline.mapInOrder(pipeline.from(List.of(1, 2, 3, 4)), 2, v -> 10 * v)));
    assertEquals(List.of(10, 20, 30, 40), ordered);
    List<Integer> merged =
        Pipeline.call(
            Context.background(),
            pipeline ->
                pipeline.collect(
                    pipeline.map(
                        pipeline.merge(pipeline.from(List.of(1, 2)), pipeline.from(List.of(3, 4))),
                        2,
                        v -> 10 * v)));
    assertEquals(List.of(10, 20, 30, 40), merged.stream().sorted().toList());
  }

  @Test
  @Explored(schedules = SEEDS)
  void aStageThatFailsEndsItsPipelineWithItsFailure() throws Exception {
    IllegalStateException failure = new IllegalStateException("stage");
    ExecutionException thrown =
        assertThrows(
            ExecutionException.class,
            () ->
                Pipeline.call(
                    Context.background(),
                    pipeline ->
                        pipeline.collect(
                            pipeline.map(
                                pipeline.from(List.of(1, 2, 3)),
                                2,
                                v -> {
                                  if (v == 2) {
                                    throw failure;
                                  }
                                  return v;
                                }))));
    assertSame(failure, thrown.getCause());
  }

  @Test
  @Explored(schedules = SEEDS)
  void allElementsAreConsumedOnceBeforeForEachReturns() throws Exception {
    List<Integer> consumed = new ArrayList<>();
    Pipeline.run(
        Context.background(),
        pipeline -> {
          pipeline.forEach(
              pipeline.from(List.of(1, 2, 3, 4)),
              2,
              value -> {
                Go.gosched();
                consumed.add(value);
              });
          consumed.sort(null);
          assertEquals(List.of(1, 2, 3, 4), consumed);
        });
  }

  private record Batch(List<Integer> elements, Duration at) {}

  /** The third element comes just when the batch of the first two is old enough. */
  @Test
  @Explored(schedules = SEEDS)
  void aBatchIsFullOrOldOrTheLast() throws Exception {
    List<Duration> sentAt = new ArrayList<>();
    List<Batch> batches = new ArrayList<>();
    Instant start = Go.now();
    Pipeline.run(
        Context.background(),
        pipeline -> {
          Receiver<Integer> in =
              pipeline.generate(out -> {
                for (long millis : new long[] {0, 400, 600, 0, 0, 0, 700}) {
                  Go.sleep(Duration.ofMillis(millis));
                  sentAt.add(Duration.between(start, Go.now()));
                  out.send(sentAt.size() - 1);
                }
              });
          for (List<Integer> batch : pipeline.batch(in, 3, SECOND)) {
            batches.add(new Batch(batch, Duration.between(start, Go.now())));
          }
        });
    assertEquals(
        List.of(0, 1, 2, 3, 4, 5, 6),
        batches.stream().flatMap(batch -> batch.elements().stream()).toList());
    for (int i = 0; i < batches.size(); i++) {
      Batch batch = batches.get(i);
      int size = batch.elements().size();
      Duration age = batch.at().minus(sentAt.get(batch.elements().getFirst()));
      assertTrue(size >= 1 && size <= 3, batches::toString);
      assertTrue(age.compareTo(SECOND) <= 0, batches::toString);
      boolean isLast = i == batches.size() - 1;
      assertTrue(size == 3 || isLast || age.equals(SECOND), batches::toString);
    }
  }

  @Test
  @Explored(schedules = SEEDS)
  void everyReceiverOfATeeGetsEverythingInOrderAndNoneRunsAhead() throws Exception {
    List<List<Integer>> received = List.of(new ArrayList<>(), new ArrayList<>());
    Pipeline.run(
        Context.background(),
        pipeline -> {
          List<Receiver<Integer>> outs = pipeline.tee(pipeline.from(List.of(1, 2, 3, 4)), 2);
          for (int i = 0; i < 2; i++) {
            int own = i;
            pipeline.go(() -> {
              for (int value : outs.get(own)) {
                received.get(own).add(value);
                // The other may have been handed one more that it has not noted yet.
                assertTrue(value <= received.get(1 - own).size() + 2, received::toString);
              }
            });
          }
        });
    assertEquals(List.of(1, 2, 3, 4), received.get(0));
    assertEquals(List.of(1, 2, 3, 4), received.get(1));
  }

  @Test
  @Explored(schedules = SEEDS)
  void whatIsTakenUntilAContextEndsIsPassedOnAndNothingIsTakenAfter() throws Exception {
    takenIsPassedOn(Pipeline::until).run();
  }

  private interface Stage {
    Receiver<Integer> apply(Pipeline pipeline, Receiver<Integer> in, Context bound);
  }

  private static Task takenIsPassedOn(Stage until) {
    return () -> {
      List<Integer> sent = new ArrayList<>();
      boolean[] over = new boolean[1];
      List<Integer> passedOn =
          Pipeline.call(
              Context.background(),
              pipeline -> {
                CancelContext bound = Context.background().withCancel();
                Receiver<Integer> in =
                    pipeline.generate(out -> {
                      for (int i = 1; i <= 3; i++) {
                        boolean late = over[0];
                        out.send(i);
                        sent.add(i);
                        assertFalse(late, "taken after the end");
                      }
                    });
                go(() -> {
                  bound.cancel();
                  over[0] = true;
                });
                return pipeline.collect(until.apply(pipeline, in, bound));
              });
      assertEquals(sent, passedOn);
    };
  }

  /** Gives up with an element in its hands. */
  @Test
  void aStageThatLosesAnElementIsFound() throws Exception {
    Stage careless =
        (pipeline, in, bound) ->
            pipeline.generate(out -> {
              for (int value : in) {
                if (bound.isDone()) {
                  return;
                }
                out.send(value);
              }
            });
    ExplorationError error = Explore.schedules(10_000).search(takenIsPassedOn(careless)).error();
    assertNotNull(error);
  }

  /** Whatever is left of it the exploration would report. */
  @Test
  @Explored(schedules = SEEDS)
  void aPipelineWhoseContextEndsLeavesNoGoroutine() throws Exception {
    CancelContext context = Context.background().withCancel();
    go(() -> context.cancel());
    try {
      Pipeline.run(
          context,
          pipeline ->
              pipeline
                  .tee(pipeline.batch(pipeline.from(List.of(1, 2, 3)), 2, SECOND), 2)
                  .forEach(out -> pipeline.go(() -> pipeline.collect(out))));
    } catch (ContextException e) {
      assertSame(context.error().getClass(), e.getClass());
    }
  }
}
