package io.heddle.race;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.race.programs.Account;
import io.heddle.race.programs.Strangers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("system")
@Tag("slow")
class AgentTest {
  @Test
  void aRaceIsReportedAsGoDoesIt() throws Exception {
    ChildJvm jvm = ChildJvm.run("", Account.class);
    assertAll(
        () -> assertEquals(66, jvm.status(), jvm::output),
        () -> contains(jvm, "WARNING: DATA RACE"),
        () -> contains(jvm, "Account.balance of io.heddle.race.programs.Account@"),
        () -> contains(jvm, " by goroutine 2 \"first\":"),
        () -> contains(jvm, " by goroutine 3 \"second\":"),
        () -> contains(jvm, "  io.heddle.race.programs.Account.pay()\n      Account.java:20\n"),
        () -> contains(jvm, " created by goroutine 1"),
        () -> contains(jvm, "Account.java:32\n"),
        () -> contains(jvm, "Found 1 data race\n"));
  }

  /** Else the one would come before the other. */
  @Test
  void goroutinesDoNotShareAThreadWhateverTheUserSays() throws Exception {
    List<String> flags = List.of("-Dheddle.threads=shared", "-Dheddle.parallelism=1");
    ChildJvm jvm = ChildJvm.run(ChildJvm.agent(), "", flags, Strangers.class);
    contains(jvm, "Found 1 data race\n");
  }

  @Test
  void aCorrectProgramEndsAsItWould() throws Exception {
    ChildJvm jvm = ChildJvm.run("", Account.class, "locked");
    assertEquals("balance 20\n", jvm.output());
    assertEquals(0, jvm.status());
  }

  @Test
  void theFirstRaceHaltsTheProgram() throws Exception {
    ChildJvm jvm = ChildJvm.run("halt;status=7", Account.class);
    assertEquals(7, jvm.status(), jvm::output);
    assertFalse(jvm.output().contains("balance 20"), jvm::output);
  }

  @Test
  void aSuppressedRaceIsNotReported(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("races"), "# known\nrace:Account.balance\n");
    ChildJvm jvm = ChildJvm.run("suppress=" + file, Account.class);
    assertEquals("balance 20\n", jvm.output());
    assertEquals(0, jvm.status());
  }

  @Test
  void reportsGoToAFile(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("log");
    ChildJvm jvm = ChildJvm.run("log=" + log, Account.class);
    assertEquals("balance 20\n", jvm.output());
    assertTrue(Files.readString(log).contains("DATA RACE"));
    assertEquals(66, jvm.status());
  }

  @Test
  void anUnknownOptionIsRefused() throws Exception {
    ChildJvm jvm = ChildJvm.run("hold", Account.class);
    assertEquals(2, jvm.status(), jvm::output);
    contains(jvm, "heddle race: unknown option hold; the options are exclude, halt, ");
    assertFalse(jvm.output().contains("balance"), jvm::output);
  }

  private static void contains(ChildJvm jvm, String text) {
    assertTrue(jvm.output().contains(text), () -> text + "\nis not in\n" + jvm.output());
  }
}
