package io.heddle.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What {@code ./heddle} installs before it runs the command: the real script, with programs in the
 * places of apt-get, sudo and java that write down how they were called.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class LauncherTest {
  private static final String APT = "echo \"apt-get $*\" >>\"$CALLS\"\n";
  private static final String INSTALLS =
      APT + "[[ $* != *pebble ]] || { printf '#!/bin/bash' >$BIN/pebble; chmod +x $BIN/pebble; }\n";

  @TempDir private Path folder;

  private final Map<String, String> locale = new HashMap<>();
  private Path bin;
  private Path calls;

  @BeforeEach
  void copyTheScript() throws Exception {
    bin = Files.createDirectory(folder.resolve("programs"));
    calls = folder.resolve("calls");
    for (String tool :
        List.of(
            "cat",
            "chmod",
            "dirname",
            "env",
            "find",
            "flock",
            "grep",
            "head",
            "mktemp",
            "readlink",
            "rm",
            "sed",
            "sort",
            "tail",
            "touch")) {
      Optional<Path> real =
          Stream.of("/usr/bin", "/bin")
              .map(where -> Path.of(where, tool))
              .filter(Files::isExecutable)
              .findFirst();
      if (real.isPresent()) {
        program(bin.resolve(tool), "exec " + real.get() + " \"$@\"\n");
      } else {
        assertEquals("flock", tool, "missing");
      }
    }
    program(bin.resolve("sudo"), "[[ $1 == -n ]] && shift; exec \"$@\"\n");
    Path jdk = Files.createDirectories(folder.resolve("jdk/bin"));
    Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
    program(jdk.resolve("java"), "echo \"java ${*: -2}\" >>\"$CALLS\"\n");
    program(jdk.resolve("javac"), "");
    program(jdk.resolve("jar"), "");
    // As if it had been built a moment ago.
    Files.createDirectories(folder.resolve("cli/target"));
    Files.createFile(folder.resolve("cli/target/heddle.jar"));
    Files.copy(Path.of("../heddle"), folder.resolve("heddle"));
    Files.createDirectory(folder.resolve("bin"));
    Files.copy(Path.of("../bin/env.sh"), folder.resolve("bin/env.sh"));
    Files.createFile(folder.resolve("cli/target/built"));
  }

  private static void program(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/bash\n" + body);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** The calls, in this order. */
  private List<String> run(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("/bin/bash", folder.resolve("heddle") + ""));
    command.addAll(List.of(arguments));
    return run(command);
  }

  private List<String> run(List<String> command) throws Exception {
    assertEquals(0, end(command), output());
    return Files.readAllLines(calls, UTF_8);
  }

  /** Runs a command and returns its exit status. */
  private int end(List<String> command) throws Exception {
    Process process = builder(command).redirectOutput(folder.resolve("output").toFile()).start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "does not end");
    return process.exitValue();
  }

  private ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().put("TERM", "xterm");
    builder.environment().put("BIN", bin.toString());
    builder.environment().put("CALLS", calls.toString());
    builder.environment().put("HEDDLE_JAVA_HOME", folder.resolve("jdk").toString());
    builder.environment().putAll(locale);
    return builder;
  }

  private String output() throws IOException {
    return Files.readString(folder.resolve("output"));
  }

  /** As after a clone, with a Maven that says what it does. */
  private void notYetBuilt() throws Exception {
    Files.delete(folder.resolve("cli/target/built"));
    program(
        bin.resolve("mvn"),
        """
        [[ $1 == --version ]] && { echo 'Apache Maven 3.9.9'; exit; }
        echo "mvn $*" >>"$CALLS"
        [[ ! -e $BIN/offline ]] || { echo '[ERROR] Unknown host repo.example'; exit 1; }
        for ((i = 0; i < 60; i++)); do echo "[INFO] Downloaded from central: $i.jar"; done
        echo '[INFO] Building Core 1.0                   [2/9]'
        echo '[INFO] Building jar: core.jar'
        """);
  }

  @Test
  void withoutATerminalABuildPrintsALineForEachModule() throws Exception {
    notYetBuilt();
    assertEquals(List.of("mvn package", "java train", "java tour"), lastWords(run("tour")));
    assertEquals(
        List.of(
            "heddle: building (the first build also downloads what Maven needs)",
            "heddle: downloaded 50 files",
            "heddle: building Core, 2 of 9",
            "heddle: recording an AOT cache, so that commands start faster"),
        output().lines().toList());
    Files.delete(calls);
    assertEquals(List.of("java tour"), lastWords(run("tour")), "it is built now");
  }

  @Test
  void javaHomePrintsTheJdkAndBuildsNothing() throws Exception {
    notYetBuilt();
    assertEquals(0, end(List.of("/bin/bash", folder.resolve("heddle") + "", "java-home")));
    assertEquals(folder.resolve("jdk") + "\n", output());
    assertFalse(Files.exists(folder.resolve("cli/target/built")), "has built");
  }

  @Test
  void onlyTheBenchmarkWaitsForItsPeerInKotlin() throws Exception {
    notYetBuilt();
    assertTrue(run("tour").getFirst().contains(" -Dkotlin.phase=none "), "not needed yet");
    Files.delete(calls);
    String build = run("bench").getFirst();
    assertTrue(build.startsWith("mvn ") && !build.contains("kotlin"), build);
    Files.delete(calls);
    assertEquals(List.of("java bench"), lastWords(run("bench")), "it is built now");
    Files.delete(calls);
    assertEquals(List.of("java tour"), lastWords(run("tour")), "and so is everything else");
  }

  /** Else Maven would find nothing to compile, and the lints would not see it. */
  @Test
  void whatNoLintHasSeenIsKeptApartFromWhatTheCheckCompiles() throws Exception {
    notYetBuilt();
    String build = run("tour").getFirst();
    assertTrue(build.contains(" -Dlint.skip ") && build.contains(" -Dbuild.folder="), build);
  }

  @Test
  void aBuildThatCannotDownloadSaysWhatToLookAt() throws Exception {
    notYetBuilt();
    Files.createFile(bin.resolve("offline"));
    assertEquals(1, end(List.of("/bin/bash", folder.resolve("heddle") + "", "tour")));
    assertTrue(output().contains("Unknown host repo.example"), output());
    assertTrue(output().contains("Maven could not download what the build needs"), output());
    assertFalse(Files.exists(folder.resolve("cli/target/built")), "the next command builds again");
  }

  @Test
  void twoCommandsAtTheSameTimeBuildOnce() throws Exception {
    Assumptions.assumeTrue(Files.exists(bin.resolve("flock")), "NOT TESTED: no flock");
    notYetBuilt();
    List<String> command = List.of("/bin/bash", folder.resolve("heddle") + "", "tour");
    Process first = builder(command).redirectOutput(folder.resolve("first").toFile()).start();
    run(command);
    assertTrue(first.waitFor(60, TimeUnit.SECONDS), "does not end");
    assertEquals(0, first.exitValue(), Files.readString(folder.resolve("first")));
    long builds =
        Files.readAllLines(calls, UTF_8).stream().filter(call -> call.startsWith("mvn")).count();
    assertEquals(1, builds);
  }

  @Test
  void onATerminalABuildShowsWhichModuleItIsAt() throws Exception {
    Path script = Path.of("/usr/bin/script");
    Assumptions.assumeTrue(Files.isExecutable(script), "NOT TESTED: no /usr/bin/script");
    notYetBuilt();
    String command = "/bin/bash " + folder.resolve("heddle") + " tour";
    run(List.of(script.toString(), "-qec", command, "/dev/null"));
    assertTrue(output().contains("\r\u001b[Kheddle: building Core, 2 of 9\r\u001b[K"), output());
    assertTrue(output().endsWith("\r\u001b[K"), "nothing is left of it");
  }

  private static List<String> lastWords(List<String> called) {
    return called.stream().map(call -> call.replaceFirst(" .* ", " ")).toList();
  }

  @Test
  void theDemonstrationGetsItsCa() throws Exception {
    program(bin.resolve("apt-get"), INSTALLS);
    List<String> called = run("orders", "demo");
    assertEquals(2, called.size(), called::toString);
    assertTrue(called.getFirst().startsWith("apt-get install "), called::toString);
    assertTrue(called.getFirst().endsWith(" pebble"), called::toString);
    assertEquals("java orders demo", called.getLast());
    assertTrue(output().contains("installing pebble with apt-get"), output());
    Files.delete(calls);
    assertEquals(List.of("java orders demo"), run("orders", "demo"), "it is there now");
  }

  /** A fresh machine has no package lists. */
  @Test
  void packageListsAreFetchedWhenTheyAreMissing() throws Exception {
    program(
        bin.resolve("apt-get"),
        "[[ $1 == update ]] && echo >$BIN/lists; [[ -e $BIN/lists ]] || exit 100\n" + INSTALLS);
    List<String> called = run("orders", "demo");
    assertEquals(List.of("apt-get update"), called.subList(0, 1));
    assertTrue(called.get(1).endsWith(" pebble"), called::toString);
    assertEquals("java orders demo", called.get(2));
  }

  /** The command says what to do then. */
  @Test
  void theCommandRunsAlsoWhenNothingCanBeInstalled() throws Exception {
    assertEquals(List.of("java orders demo"), run("orders", "demo"), "no apt-get");
    Files.delete(calls);
    program(bin.resolve("apt-get"), APT + "echo no such package; exit 100\n");
    List<String> called = run("orders", "demo");
    assertEquals("java orders demo", called.getLast());
    assertTrue(output().contains("no such package"), output());
  }

  /** Needs more memory than there is. */
  static final class Exhausting {
    private static final List<byte[]> ALL = new ArrayList<>();

    public static void main(String[] args) {
      while (true) {
        ALL.add(new byte[1 << 20]);
      }
    }
  }

  /** Not with 3, which is what a JVM exits with: that a store or an order is not there. */
  @Test
  void aJvmWithoutMemoryIsKilled() throws Exception {
    program(
        folder.resolve("jdk/bin/java"),
        "flags=(-Xmx16m -XX:+UseSerialGC -XX:TieredStopAtLevel=1)\n"
            + "for flag; do [[ $flag != -XX:*OutOfMemory* ]] || flags+=(\"$flag\"); done\n"
            + "exec '"
            + Path.of(System.getProperty("java.home"), "bin/java")
            + "' \"${flags[@]}\" -cp '"
            + Path.of("target/test-classes").toAbsolutePath()
            + "' '"
            + Exhausting.class.getName()
            + "'\n");
    assertEquals(137, end(List.of("/bin/bash", folder.resolve("heddle") + "", "purge")), output());
  }

  @Test
  void nobodyElseIsKeptWaiting() throws Exception {
    program(bin.resolve("apt-get"), INSTALLS);
    for (String[] other :
        List.of(
            new String[] {"orders", "check"},
            new String[] {"orders", "demo", "--help"},
            new String[] {"orders", "demo", "-h"},
            new String[] {"demo", "orders"})) {
      run(other);
    }
    assertFalse(Files.readString(calls).contains("apt-get"), Files.readString(calls));
  }

  /** A locale that is not installed counts for none, and another category must not spoil it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "LANG=en_XX.UTF-8",
        "LC_ALL=POSIX",
        "LC_ALL=C",
        "LC_ALL=en_XX.UTF-8 LANG=C.UTF-8",
        "LC_CTYPE=en_XX.UTF-8",
        "LC_CTYPE=C.UTF-8 LANG=en_XX.UTF-8",
        "LC_CTYPE=C.UTF-8 LC_TIME=en_XX.UTF-8",
        "LANG=C.UTF-8"
      })
  void theCommandRunsWithUtf8(String variables) throws Exception {
    for (String variable : variables.split(" ", -1)) {
      int equals = variable.indexOf('=');
      if (equals > 0) {
        locale.put(variable.substring(0, equals), variable.substring(equals + 1));
      }
    }
    program(folder.resolve("jdk/bin/java"), "echo \"$LC_ALL\" >>\"$CALLS\"\n");
    assertEquals(List.of("C.UTF-8"), run("tour"));
  }
}
