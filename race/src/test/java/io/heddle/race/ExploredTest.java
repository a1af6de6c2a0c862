package io.heddle.race;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.race.kernels.ExploringRunner;
import io.heddle.race.programs.ExploredRaces;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Exploration under the detector: each race is found within 100 schedules, and the others stay
 * silent, in a thousand with {@code -Dheddle.race.schedules=1000}.
 */
@Tag("system")
@Tag("slow")
class ExploredTest {
  @Test
  void aScheduleFailsOnARaceWithTheSeedThatRepeatsIt() throws Exception {
    ChildJvm jvm = ChildJvm.run("", ExploredRaces.class, ChildJvm.SCHEDULES);
    assertAll(
        () -> contains(jvm, "missing volatile: data race on ExploredRaces."),
        () -> contains(jvm, "two mutexes: data race on ExploredRaces.value of io.heddle.race"),
        () -> contains(jvm, "To repeat it: @Explored(seed = "),
        () -> contains(jvm, "What happened:\n"),
        () -> contains(jvm, "WARNING: DATA RACE\n"),
        () -> contains(jvm, "  holding io.heddle.Mutex@"),
        () -> contains(jvm, "volatile: silent in " + ChildJvm.SCHEDULES + "\n"),
        () -> contains(jvm, "one mutex: silent in " + ChildJvm.SCHEDULES + "\n"),
        () -> assertFalse(jvm.output().contains("did NOT repeat"), jvm::output),
        () -> assertEquals(0, jvm.status(), jvm::output));
  }

  @Test
  void everyRaceOfTheKernelsIsFoundAndNothingElse() throws Exception {
    ChildJvm jvm =
        ChildJvm.run(
            "exclude=io.heddle.race.unseen.", ExploringRunner.class, "", ChildJvm.SCHEDULES);
    assertTrue(jvm.output().endsWith("end of kernels\n"), jvm::output);
    List<String> wrong = jvm.output().lines().filter(line -> !line.startsWith("ok ")).toList();
    assertEquals(List.of("end of kernels"), wrong, jvm::output);
  }

  private static void contains(ChildJvm jvm, String text) {
    assertTrue(jvm.output().contains(text), () -> text + "\nis not in\n" + jvm.output());
  }
}
