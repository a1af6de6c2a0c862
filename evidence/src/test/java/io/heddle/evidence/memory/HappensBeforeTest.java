package io.heddle.evidence.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.Goroutine;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What one goroutine does to plain fields before it releases happens before what another does to
 * them after it has acquired.
 */
@Tag("slow")
final class HappensBeforeTest {
  private static final int TRIALS = Integer.getInteger("heddle.memory.trials", 1_500);

  /** So many trials exist at a time, each with objects of its own. */
  private static final int AT_A_TIME = 100;

  static Stream<Line> lines() {
    return Stream.of(ChannelLines.all(), SyncLines.all(), TimeLines.all(), AtomicLines.all())
        .flatMap(lines -> lines);
  }

  /** Runs one part of a trial. */
  @FunctionalInterface
  private interface Run {
    void run(Trial trial, int index) throws Exception;
  }

  /** Returns the number of trials in which a goroutine saw something stale. */
  private static int stale(Line line, boolean acquireFirst, Run run) throws InterruptedException {
    AtomicInteger stale = new AtomicInteger();
    Go.run(() -> {
      List<Trial> trials = new ArrayList<>();
      for (int i = 0; i < AT_A_TIME; i++) {
        trials.add(line.trials().get());
      }
      List<Goroutine<?>> goroutines = new ArrayList<>();
      // Those that acquire are the last parts.
      int parts = trials.getFirst().size();
      for (int i = 0; i < parts; i++) {
        int index = acquireFirst ? parts - 1 - i : i;
        goroutines.add(
            Go.go(() -> {
              for (Trial trial : trials) {
                run.run(trial, index);
              }
            }));
      }
      for (Goroutine<?> goroutine : goroutines) {
        goroutine.join();
      }
      for (Trial trial : trials) {
        stale.addAndGet(trial.isStale() ? 1 : 0);
      }
    });
    return stale.get();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lines")
  void whatIsBeforeTheReleaseHappensBeforeWhatIsAfterTheAcquire(Line line)
      throws InterruptedException {
    for (int done = 0; done < TRIALS; done += AT_A_TIME) {
      assertEquals(0, stale(line, true, Trial::run), "trials in which something stale was seen");
    }
  }

  /** The racy twin: the same trial without the steps that order its parts. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("lines")
  void withoutThemSomethingStaleIsSeen(Line line) throws InterruptedException {
    int stale = 0;
    for (int round = 0; round < 1_000 && stale == 0; round++) {
      // Even where the parts run one after the other, one of the two orders is the wrong one.
      boolean acquireFirst = round % 2 == 0;
      stale = stale(line, acquireFirst, (trial, index) -> trial.runUnordered(index, acquireFirst));
    }
    assertTrue(stale > 0, "nothing stale in a hundred thousand racy trials");
  }
}
