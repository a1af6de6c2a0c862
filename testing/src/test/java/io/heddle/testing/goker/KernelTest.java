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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Finds known bugs. The results are in the table of docs/reference/known-bugs.md. A row there that
 * differs fails the test, which prints the right one.
 *
 * <p>The corrected programs run under as many schedules as {@code heddle.goker.seeds} says.
 */
@Timeout(600)
@Tag("slow")
final class KernelTest {
  private static final int SEEDS = 10_000;
  private static final int RATED_SEEDS = 1000;
  private static final DecimalFormat PERCENT =
      new DecimalFormat("0.#%", DecimalFormatSymbols.getInstance(Locale.ROOT));
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
    Explore.Result result = Explore.schedules(SEEDS).search(kernel.buggy());
    ExplorationError found = result.error();
    assertNotNull(found, "not found in " + SEEDS + " schedules");
    assertNull(found.getCause(), "goroutines that wait forever, not a failure");
    ExplorationError again = Explore.seed(found.seed()).search(kernel.buggy()).error();
    assertNotNull(again, found.getMessage());
    assertEquals(found.trace(), again.trace());
    assertGuideHas(row(kernel, found.schedules()));
  }

  private static String row(Kernel kernel, int schedules) {
    String how = kernel.always() ? "bubble" : "exploration";
    return "| %s | %s | %s | %d |".formatted(kernel.name(), kernel.bug(), how, schedules);
  }

  private static void assertGuideHas(String row) throws IOException {
    String guide = Files.readString(Path.of("..", "docs", "reference", "known-bugs.md"));
    assertTrue(guide.contains("\n" + row), () -> "known-bugs.md should have\n" + row);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  @EnabledIfSystemProperty(
      named = "heddle.goker.seeds",
      matches = "\\d{4,}",
      disabledReason = "takes a minute: with -Pgoker")
  void itFailsAsOftenAsTheGuideSays(Kernel kernel) throws Exception {
    int first = 0;
    int failed = 0;
    for (int seed = RATED_SEEDS - 1; seed >= 0; seed--) {
      if (Explore.seed(seed).search(kernel.buggy()).error() != null) {
        first = seed;
        failed++;
      }
    }
    String rate = PERCENT.format((double) failed / RATED_SEEDS);
    assertGuideHas(row(kernel, first + 1) + " " + rate + " |");
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void theCorrectedProgramPasses(Kernel kernel) throws Exception {
    Bubble.run(kernel.corrected());
    ExplorationError error = Explore.schedules(CORRECTED_SEEDS).search(kernel.corrected()).error();
    assertNull(error, () -> error.getMessage());
  }
}
