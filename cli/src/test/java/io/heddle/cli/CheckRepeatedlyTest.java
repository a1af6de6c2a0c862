package io.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/check-repeatedly}, with a Maven that says what the test wants. */
@Tag("system")
@Tag("slow")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class CheckRepeatedlyTest {
  private static final String PASSED = passed("ClockTest") + passed("SocketTest");

  @TempDir private Path folder;

  @BeforeEach
  void copyTheScript() throws Exception {
    Files.createDirectories(folder.resolve("bin"));
    for (String script : List.of("check-repeatedly", "env.sh")) {
      Files.copy(Path.of("../bin", script), folder.resolve("bin").resolve(script));
    }
    Path tests = Files.createDirectories(folder.resolve("core/src/test/java/a"));
    Files.writeString(tests.resolve("SocketTest.java"), "@Tag(\"system\")\nclass SocketTest {}\n");
    Files.writeString(tests.resolve("ClockTest.java"), "@Tag(\"clock\")\nclass ClockTest {}\n");
    Files.writeString(tests.resolve("PlainTest.java"), "@Tag(\"slow\")\nclass PlainTest {}\n");
    Path jdk = Files.createDirectories(folder.resolve("jdk/bin"));
    Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
    program(jdk.resolve("java"), "echo a JDK\n");
    program(jdk.resolve("javac"), "");
    program(folder.resolve("check"), PASSED);
    maven(PASSED);
  }

  /** Prints what Surefire does when a class has passed. */
  private static String passed(String test) {
    return "echo '[INFO] Tests run: 1, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in a."
        + test
        + "'\n";
  }

  private static void program(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/bash\n" + body);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** What Maven does when it runs the test classes. */
  private void maven(String body) throws IOException {
    String always =
        """
        [[ $1 == --version ]] && { echo 'Apache Maven 3.9.9'; exit; }
        [[ $* == *test-compile* ]] && exit 0
        """;
    program(folder.resolve("jdk/bin/mvn"), always + body);
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("bash", folder + "/bin/check-repeatedly"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile());
    builder.environment().put("HEDDLE_JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().put("PATH", folder.resolve("jdk/bin") + ":" + System.getenv("PATH"));
    return builder.start();
  }

  /** Runs the script and returns its exit status. */
  private int run(String... arguments) throws Exception {
    return start(arguments).waitFor();
  }

  private String output() throws IOException {
    return Files.readString(folder.resolve("output"));
  }

  /** The runs that are on record: what, condition, number and result. */
  private List<String> results() throws IOException {
    return Files.readAllLines(folder.resolve("target/check-repeatedly/results.tsv")).stream()
        .map(line -> String.join(" ", List.of(line.split("\t", -1)).subList(0, 4)))
        .toList();
  }

  @Test
  void theCheckAndEachClassWithATagRunUnderEachCondition() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/taskset")), "NOT TESTED: no /usr/bin/taskset");
    assertEquals(0, run("--checks", "1", "--times", "2"), output());
    List<String> expected = new ArrayList<>();
    for (int number = 1; number <= 2; number++) {
      for (String condition : List.of("quiet", "load", "one-core")) {
        if (number == 1) {
          expected.add("check " + condition + " 1 passed");
        }
        expected.add("ClockTest " + condition + " " + number + " passed");
        expected.add("SocketTest " + condition + " " + number + " passed");
      }
    }
    assertEquals(expected, results());
    String table = Files.readString(folder.resolve("target/check-repeatedly/summary.md"));
    assertTrue(table.contains("\n| SocketTest | load | 2 | 0 | "), table);
    assertTrue(output().endsWith(table), output());
  }

  @Test
  void whatFailedIsNamedAndItsOutputKept() throws Exception {
    maven(
        passed("ClockTest")
            + """
            echo '[ERROR] Tests run: 2, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.1 s <<< FAILURE! -- in a.SocketTest$Deep'
            echo '[ERROR] a.SocketTest$Deep.breaks -- Time elapsed: 0.1 s <<< FAILURE!'
            exit 1
            """);
    assertEquals(1, run("--checks", "0", "--times", "1", "--under", "quiet"), output());
    assertEquals(List.of("ClockTest quiet 1 passed", "SocketTest quiet 1 FAILED"), results());
    assertTrue(output().contains(" | SocketTest.breaks (run 1) |"), output());
    Path log = folder.resolve("target/check-repeatedly/logs/suites.quiet.1.none.log");
    assertTrue(Files.readString(log).contains("SocketTest$Deep.breaks"));
  }

  @Test
  void aRunOfNoTestIsNoSuccess() throws Exception {
    maven(passed("ClockTest"));
    assertEquals(1, run("--suite", "SocketTest", "--times", "1", "--under", "quiet"), output());
    assertEquals(List.of("SocketTest quiet 1 FAILED"), results());
    assertTrue(output().contains("no test ran"), output());
  }

  @Test
  void aFailureOutsideTheTestsIsNoSuccess() throws Exception {
    maven(PASSED + "exit 1\n");
    assertEquals(1, run("--suite", "SocketTest", "--times", "1", "--under", "quiet"), output());
    assertEquals(List.of("SocketTest quiet 1 passed"), results());
    assertTrue(output().contains("Maven ended with exit code 1"), output());
  }

  @Test
  void itContinuesWhereItWasStopped() throws Exception {
    assertEquals(0, run("--suite", "SocketTest", "--times", "1", "--under", "quiet"), output());
    maven("exit 1\n");
    assertEquals(1, run("--suite", "SocketTest", "--times", "2", "--under", "quiet"), output());
    assertEquals(List.of("SocketTest quiet 1 passed", "SocketTest quiet 2 FAILED"), results());
  }

  /** Each day has a commit of its own, and time for a few runs. */
  @Test
  void runsOfEarlierCommitsCountIfWanted() throws Exception {
    Path table = folder.resolve("target/check-repeatedly/results.tsv");
    Files.createDirectories(table.getParent());
    String line = "SocketTest\tquiet\t%d\t%s\t0.1\t%s\t0123456789\t2026-01-01T00:00:00Z\n";
    Files.writeString(
        table, line.formatted(1, "passed", "") + line.formatted(2, "FAILED", "SocketTest.breaks"));
    List<String> command = List.of("--suite", "SocketTest", "--times", "1", "--under", "quiet");
    assertEquals(0, run(command.toArray(String[]::new)), output());
    assertTrue(output().contains("\n| SocketTest | quiet | 1 | 0 | "), output());

    List<String> more = List.of("--times", "4", "--any-commit");
    assertEquals(
        1, run(Stream.of(command, more).flatMap(List::stream).toArray(String[]::new)), output());
    assertEquals(
        List.of(
            "SocketTest quiet 1 passed",
            "SocketTest quiet 2 FAILED",
            "SocketTest quiet 1 passed",
            "SocketTest quiet 3 passed",
            "SocketTest quiet 4 passed"),
        results());
    assertTrue(output().contains("commit 0123456789 none\n"), output());
    assertTrue(output().contains(" | SocketTest.breaks (run 2) |"), output());
  }

  @Test
  void aClassThatCameLaterRunsAlone() throws Exception {
    String[] command = {"--checks", "0", "--times", "1", "--under", "quiet", "--any-commit"};
    assertEquals(0, run(command), output());
    Files.writeString(
        folder.resolve("core/src/test/java/a/LaterTest.java"),
        "@Tag(\"clock\")\nclass LaterTest {}\n");
    maven("[[ \" $* \" == *' -Dtest=a.LaterTest '* ]] && " + passed("LaterTest"));
    assertEquals(0, run(command), output());
    assertEquals(
        List.of(
            "ClockTest quiet 1 passed", "SocketTest quiet 1 passed", "LaterTest quiet 1 passed"),
        results());
  }

  /** One of them must not stand for the others. */
  @Test
  void classesOfTheSameNameAreToldApart() throws Exception {
    Path tests = Files.createDirectories(folder.resolve("other/src/test/java/b"));
    Files.writeString(tests.resolve("SocketTest.java"), "@Tag(\"system\")\nclass SocketTest {}\n");
    assertEquals(1, run("--checks", "0", "--times", "1", "--under", "quiet"), output());
    assertEquals(
        List.of(
            "ClockTest quiet 1 passed",
            "a.SocketTest quiet 1 passed",
            "b.SocketTest quiet 1 FAILED"),
        results());
    assertTrue(output().contains("no test ran"), output());
  }

  @Test
  void whenItIsStoppedEverythingThatItStartedEnds() throws Exception {
    Path running = folder.resolve("running");
    maven("touch " + running + "; sleep 100\n");
    Process script = start("--suite", "SocketTest", "--times", "1", "--under", "load");
    while (!Files.exists(running)) {
      assertTrue(script.isAlive(), () -> "ended early");
      Thread.sleep(10);
    }
    List<ProcessHandle> started = script.descendants().toList();
    assertTrue(started.size() > 2, "Maven, and a busy loop on each core: " + started);
    script.destroy();
    assertEquals(130, script.waitFor(), output());
    for (ProcessHandle process : started) {
      process.onExit().get(60, TimeUnit.SECONDS);
    }
    assertEquals(List.of(), results(), "a run that did not end has no result");
  }

  @Test
  void theLoadEndsAlsoWhenTheScriptIsKilled() throws Exception {
    Path running = folder.resolve("running");
    maven("touch " + running + "; exec sleep 5\n");
    Process script = start("--suite", "SocketTest", "--times", "1", "--under", "load");
    while (!Files.exists(running)) {
      assertTrue(script.isAlive(), () -> "ended early");
      Thread.sleep(10);
    }
    List<ProcessHandle> started = script.descendants().toList();
    script.destroyForcibly().waitFor();
    for (ProcessHandle process : started) {
      process.onExit().get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void modulesInAFolderOfModulesAreListedWithIt() throws Exception {
    Path tests = Files.createDirectories(folder.resolve("extras/logs/src/test/java/a/b"));
    Files.writeString(tests.resolve("LogTest.java"), "@Tag(\"system\")\nclass LogTest {}\n");
    Path copy = Files.createDirectories(folder.resolve("target/x/src/test/java/a"));
    Files.writeString(copy.resolve("CopyTest.java"), "@Tag(\"system\")\nclass CopyTest {}\n");
    assertEquals(0, run("--list"));
    assertEquals("core ClockTest\ncore SocketTest\nextras/logs LogTest\n", output());
    assertEquals(0, run("--list", "--suite", "LogTest"));
    assertEquals("extras/logs LogTest\n", output());
  }

  @Test
  void aWrongOptionIsExplained() throws Exception {
    assertEquals(2, run("--under", "water"));
    assertTrue(output().contains("give quiet, load or one-core"), output());
    assertEquals(2, run("--suite", "NoSuchTest"));
    assertTrue(output().contains("no test class is called 'NoSuchTest'"), output());
    assertEquals(2, run("--times", "many"));
    assertEquals(2, run("--times"));
    assertEquals(0, run("--help"));
    assertTrue(output().contains("Exit codes:"), output());
  }
}
