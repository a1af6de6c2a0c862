package io.heddle.testing.goker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.testing.Bubble;
import io.heddle.testing.DeadlockError;
import io.heddle.testing.ExplorationError;
import io.heddle.testing.Explore;
import io.heddle.testing.LeakError;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Finds known bugs. How many schedules that takes is printed, for the table in docs/testing.md.
 *
 * <p>The corrected programs run under as many schedules as {@code heddle.goker.seeds} says.
 */
@Timeout(600)
final class KernelTest {
  private static final int SEEDS = 10_000;
  private static final int CORRECTED_SEEDS = Integer.getInteger("heddle.goker.seeds", 200);

  static Stream<Kernel> kernels() {
    return Kernel.all().stream();
  }

  static Stream<Kernel> deterministic() {
    return kernels().filter(Kernel::always);
  }

  @Test
  void allOfThemAreHere() {
    assertEquals(59, kernels().map(Kernel::name).distinct().count());
    assertEquals(39, kernels().filter(kernel -> !kernel.always()).count());
  }

  @ParameterizedTest
  @MethodSource("deterministic")
  void aPlainBubbleReportsIt(Kernel kernel) {
    for (int i = 0; i < 20; i++) {
      AssertionError error = assertThrows(AssertionError.class, () -> Bubble.run(kernel.buggy()));
      assertTrue(error instanceof DeadlockError || error instanceof LeakError, error.toString());
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void anExplorationFindsItAndRepeatsIt(Kernel kernel) throws Exception {
    Explore.Result result = Explore.seeds(SEEDS).search(kernel.buggy());
    ExplorationError found = result.error();
    assertNotNull(found, "not found in " + SEEDS + " schedules");
    assertNull(found.getCause(), "goroutines that wait for ever, not a failure");
    ExplorationError again = Explore.seed(found.seed()).search(kernel.buggy()).error();
    assertNotNull(again, found.getMessage());
    assertEquals(found.trace(), again.trace());
    System.out.printf(
        "goker | %s | %s | %s | %d |%n",
        kernel.name(), kernel.bug(), kernel.always() ? "bubble" : "exploration", found.schedules());
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void theCorrectedProgramPasses(Kernel kernel) throws Exception {
    Bubble.run(kernel.corrected());
    ExplorationError error = Explore.seeds(CORRECTED_SEEDS).search(kernel.corrected()).error();
    assertNull(error, () -> error.getMessage());
  }
}
