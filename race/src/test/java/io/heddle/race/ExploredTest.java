package io.heddle.race;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.race.programs.ExploredRaces;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
@Tag("slow")
class ExploredTest {
  @Test
  void aScheduleFailsOnARaceWithTheSeedThatRepeatsIt() throws Exception {
    ChildJvm jvm = ChildJvm.run("", ExploredRaces.class);
    assertAll(
        () -> contains(jvm, "missing volatile: data race on ExploredRaces."),
        () -> contains(jvm, "two mutexes: data race on ExploredRaces.value of io.heddle.race"),
        () -> contains(jvm, "To repeat it: @Explored(seed = "),
        () -> contains(jvm, "What happened:\n"),
        () -> contains(jvm, "WARNING: DATA RACE\n"),
        () -> contains(jvm, "volatile: silent in 1000\n"),
        () -> contains(jvm, "one mutex: silent in 1000\n"),
        () -> assertFalse(jvm.output().contains("did NOT repeat"), jvm::output),
        () -> assertEquals(0, jvm.status(), jvm::output));
  }

  private static void contains(ChildJvm jvm, String text) {
    assertTrue(jvm.output().contains(text), () -> text + "\nis not in\n" + jvm.output());
  }
}
