package io.heddle.evidence.golang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.evidence.golang.Execution.Plant;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random programs mean the same in Heddle as in Go. */
@Tag("system")
@Tag("slow")
final class GoTest {
  private static final long SEED = Long.getLong("heddle.godiff.seed", 1);
  private static final int PROGRAMS = Integer.getInteger("heddle.godiff.programs", 300);

  private static Comparison comparison;

  @BeforeAll
  static void compare() throws Exception {
    if (!Comparison.isGoInstalled()) {
      String message = "SKIPPED: nothing is compared with Go: install Go 1.22 or newer";
      System.err.println(message);
      Assumptions.abort(message);
    }
    comparison = Comparison.of(SEED, PROGRAMS);
    System.out.println(PROGRAMS + " programs by Go and Heddle: " + comparison.tally());
  }

  @Test
  void everyProgramEndsAsInGo() {
    assertEquals(List.of(), comparison.differences());
  }

  @Test
  void thereIsSomethingToCompare() {
    assertTrue(
        comparison
            .tally()
            .keySet()
            .containsAll(
                List.of(
                    "answer",
                    "fatal all goroutines are asleep",
                    "fatal unlock of unlocked Mutex",
                    "panic own",
                    "panic send on closed channel")),
        comparison.tally()::toString);
  }

  @ParameterizedTest
  @EnumSource
  void aMistakeIsFound(Plant plant) throws Exception {
    assertNotNull(comparison.find(plant), "no program showed it");
  }
}
