package io.heddle.race;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.race.programs.Account;
import io.heddle.race.programs.ClassVersions;
import io.heddle.race.programs.EarlyAgent;
import io.heddle.race.programs.Strangers;
import io.heddle.race.programs.Suite;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
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
  void theFirstRaceHaltsTheProgramAndIsInTheLog(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("log");
    ChildJvm jvm = ChildJvm.run("halt;status=7;log=" + log, Account.class);
    assertEquals("", jvm.output());
    assertTrue(Files.readString(log).contains("DATA RACE"));
    assertEquals(7, jvm.status());
  }

  @Test
  void aSuppressedRaceIsNotReported(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("races"), "# known\nrace:Account.balance\n");
    ChildJvm jvm = ChildJvm.run("suppress=" + file, Account.class);
    assertEquals("balance 20\n", jvm.output());
    assertEquals(0, jvm.status());
  }

  @Test
  void testsInWhoseTimeARaceIsFoundFail() throws Exception {
    ChildJvm jvm = ChildJvm.run("", Suite.class);
    assertAll(
        () -> contains(jvm, "Annotated false: 1 of 3 passed\n"),
        () -> contains(jvm, "aRaces(): io.heddle.testing.RaceError: data race on Suite.value"),
        () -> contains(jvm, "cRacesAgain(): io.heddle.testing.RaceError: data race on Suite."),
        () -> contains(jvm, "Plain true: 1 of 2 passed\n"),
        () -> contains(jvm, "Plain false: 2 of 2 passed\n"),
        () -> contains(jvm, "Plain maybe: 0 of 2 passed\n"),
        () -> contains(jvm, "heddle.race.check is true or false, and not \"maybe\""));
  }

  @Test
  void classFilesOfEveryVersionAreChecked() throws Exception {
    StringBuilder results = new StringBuilder();
    for (int version = 45; version <= 69; version++) {
      results.append(version).append(": 17\n");
    }
    ChildJvm correct = ChildJvm.run("", ClassVersions.class);
    assertEquals(results.toString(), correct.output());
    assertEquals(0, correct.status());
    ChildJvm races = ChildJvm.run("", ClassVersions.class, "race");
    contains(races, "Found 25 data races\n");
    for (int version = 45; version <= 69; version++) {
      contains(races, "Program" + version + ".racy of versions.Program" + version);
    }
  }

  @Test
  void aPrefixIncludesWhatAnotherExcludes() throws Exception {
    ChildJvm jvm =
        ChildJvm.run("exclude=io.heddle.;include=io.heddle.race.programs.Acc", Account.class);
    assertEquals(66, jvm.status(), jvm::output);
  }

  @Test
  void aClassThatWasLoadedBeforeIsRefused(@TempDir Path folder) throws Exception {
    Path early = folder.resolve("early.jar");
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", EarlyAgent.class.getName());
    new JarOutputStream(Files.newOutputStream(early), manifest).close();
    ChildJvm jvm =
        ChildJvm.run(ChildJvm.agent(), "", List.of("-javaagent:" + early), Account.class);
    assertEquals(2, jvm.status(), jvm::output);
    contains(jvm, "classes were loaded before the agent, for example io.heddle.race.programs.");
    contains(jvm, "name this one first");
    assertFalse(jvm.output().contains("balance"), jvm::output);
  }

  /** What a cache holds is loaded before any agent, and would escape it without a word. */
  @Test
  @EnabledIfSystemProperty(named = "heddle.race.long", matches = "true")
  void aCacheDoesNotHideARace(@TempDir Path folder) throws Exception {
    Path cache = folder.resolve("cache.aot");
    List<String> java = List.of(ChildJvm.java(), "-cp", jars(folder));
    String program = Account.class.getName();
    ChildJvm trained = ChildJvm.exec(java, "-XX:AOTCacheOutput=" + cache, program);
    assertTrue(Files.exists(cache), trained::output);
    String agent = "-javaagent:" + ChildJvm.agent();
    ChildJvm jvm = ChildJvm.exec(java, "-XX:AOTCache=" + cache, agent, program);
    // The JVM may refuse the cache itself, and then all is checked.
    boolean refused =
        jvm.status() == 2 && jvm.output().contains("classes were loaded before the agent");
    boolean checked = jvm.status() == 66 && jvm.output().contains("WARNING: DATA RACE");
    assertTrue(refused || checked, jvm::output);
  }

  /** The class path as jars, as there is no cache of classes in folders. */
  private static String jars(Path folder) {
    List<String> jars = new ArrayList<>();
    for (String entry : ChildJvm.classPath().split(File.pathSeparator, -1)) {
      String jar = entry;
      if (Files.isDirectory(Path.of(entry))) {
        jar = folder.resolve(jars.size() + ".jar").toString();
        ToolProvider tool = ToolProvider.findFirst("jar").orElseThrow();
        assertEquals(0, tool.run(System.out, System.err, "cf", jar, "-C", entry, "."));
      }
      jars.add(jar);
    }
    return String.join(File.pathSeparator, jars);
  }

  private static void contains(ChildJvm jvm, String text) {
    assertTrue(jvm.output().contains(text), () -> text + "\nis not in\n" + jvm.output());
  }
}
