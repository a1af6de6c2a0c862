package io.heddle.race;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.race.kernels.ExploringRunner;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The kernels again, with no order that is forced: exploration finds each race within 100
 * schedules. With {@code -Dheddle.race.schedules=1000}, the others have to be silent in a thousand.
 */
@Tag("system")
@Tag("slow")
final class ExploredKernelsTest {
  private static final String SCHEDULES = System.getProperty("heddle.race.schedules", "5");

  @Test
  void everyRaceIsFoundAndNothingElse() throws Exception {
    ChildJvm jvm =
        ChildJvm.run("exclude=io.heddle.race.unseen.", ExploringRunner.class, "", SCHEDULES);
    assertTrue(jvm.output().endsWith("end of kernels\n"), jvm::output);
    List<String> wrong = jvm.output().lines().filter(line -> !line.startsWith("ok ")).toList();
    assertEquals(List.of("end of kernels"), wrong, jvm::output);
  }
}
