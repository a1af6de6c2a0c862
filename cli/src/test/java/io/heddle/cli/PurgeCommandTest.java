package io.heddle.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.heddle.local.FreePort;
import io.heddle.local.kv.Faults;
import io.heddle.local.kv.Faults.What;
import io.heddle.local.kv.Faults.Which;
import io.heddle.local.kv.KvServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command as a process of its own, as a person or a script runs it. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PurgeCommandTest {
  private static final long ALWAYS = Long.MAX_VALUE;

  @TempDir private Path folder;
  private final Faults faults = new Faults();
  private KvServer server;
  private String id;

  private record Result(int status, String out, String err) {
    String last() {
      return out.lines().reduce((_, line) -> line).orElse("");
    }
  }

  @BeforeEach
  void start() throws Exception {
    server = KvServer.start(0, faults, "secret");
    id = server.createStore("store", 1000);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /**
   * Undoes what a shell does to what it starts in the background, and {@code nohup}: that Ctrl-C is
   * ignored. Systems without GNU's {@code env} have to do without.
   */
  private static final List<String> HEEDING_CTRL_C = heedingCtrlC();

  private static List<String> heedingCtrlC() {
    List<String> env = List.of("env", "--default-signal=INT");
    List<String> trial = new ArrayList<>(env);
    trial.add("true");
    try {
      return new ProcessBuilder(trial).start().waitFor() == 0 ? env : List.of();
    } catch (IOException e) {
      return List.of();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> command(String... arguments) {
    List<String> command = new ArrayList<>(HEEDING_CTRL_C);
    command.addAll(CommandJvm.command(Main.class, "purge"));
    command.addAll(List.of(arguments));
    return command;
  }

  private ProcessBuilder withoutTerminal(String... arguments) {
    return new ProcessBuilder(command(arguments))
        .redirectInput(Path.of("/dev/null").toFile())
        .redirectError(folder.resolve("err").toFile());
  }

  private Process begin(String... arguments) throws IOException {
    return start(withoutTerminal(arguments));
  }

  private Process start(ProcessBuilder builder) throws IOException {
    builder.directory(folder.toFile());
    builder.environment().put("FASTLY_API_ENDPOINT", server.uri().toString());
    builder.environment().put("FASTLY_API_TOKEN", "secret");
    return builder.start();
  }

  private Result end(Process process) throws Exception {
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Result(process.waitFor(), out, Files.readString(folder.resolve("err")));
  }

  private Result run(String... arguments) throws Exception {
    return end(begin(arguments));
  }

  @Test
  void itDeletesAndSumsUp() throws Exception {
    Result result = run("fastly:" + id, "--all", "--yes");
    assertEquals(0, result.status, result.err);
    assertEquals("", result.out);
    assertTrue(result.err.startsWith("ok: deleted 1,000 keys in "), result.err);
    assertFalse(result.err.contains("\u001b"), result.err);
    assertEquals(0, server.keys(id).size());
  }

  @ParameterizedTest
  @CsvSource({"--prefix", "--from", "--before"})
  void aKeyOfAnOptionIsNeitherEmptyNorUnrepresentable(String option) throws Exception {
    for (String key : List.of("", "\"\"", "\"a\\ud800\"")) {
      Result result = run("fastly:" + id, option, key, "--yes");
      assertEquals(2, result.status, result.err);
      assertTrue(result.err.contains(option + " "), result.err);
    }
    assertEquals(1000, server.keys(id).size());
  }

  @Test
  void itAsksAndWithoutATerminalRefuses() throws Exception {
    Result result = run("fastly:" + id, "--prefix", "key-");
    assertEquals(2, result.status);
    assertTrue(result.err.contains("keys that begin with \"key-\""), result.err);
    assertTrue(result.err.contains(id) && result.err.contains("--yes"), result.err);
    assertEquals(1000, server.keys(id).size());
  }

  @Test
  void jsonEndsWithTheSummary() throws Exception {
    faults.add(Which.deletionsOf("key-00000003"::equals), ALWAYS, What.status(403));
    Result result = run("fastly:" + id, "--all", "--yes", "--json");
    assertEquals(5, result.status, result.err);
    assertTrue(result.out.startsWith("{\"event\":\"start\""), result.out);
    assertTrue(result.out.contains("{\"event\":\"failed\""), result.out);
    assertTrue(
        result
            .last()
            .matches(
                "\\{\"event\":\"summary\",.*\"ending\":\"complete\",\"complete\":false,"
                    + "\"reason\":null,\"deleted\":999,\"gone\":0,\"failed\":1,\"skipped\":0,"
                    + "\"retries\":0,\"errors\":\\{\"HTTP 403\":1\\},\"before\":0,\"left\":1,"
                    + "\"elapsed_ms\":\\d+\\}"),
        result.last());
    assertEquals("", result.err);
  }

  @Test
  void aDryRunPrintsTheKeys() throws Exception {
    Result result = run("fastly:" + id, "--match", "*00[1-3]", "--dry-run");
    assertEquals(0, result.status, result.err);
    assertEquals("key-00000001\nkey-00000002\nkey-00000003\n", result.out);
    assertTrue(result.err.startsWith("ok: would delete 3 keys"), result.err);
    Result empty = run("fastly:" + id, "--match", "x", "--dry-run", "--error-on-empty");
    assertEquals(9, empty.status);
    assertTrue(empty.err.startsWith("failed: no key was selected\n"), empty.err);
    assertEquals(1000, server.keys(id).size());
  }

  @Test
  void theExitStatusSaysWhatHappened() throws Exception {
    assertEquals(3, run("fastly:nothere", "--all", "--yes").status);
    Result some =
        run("fastly:" + id, "--all", "--yes", "--max-delete", "1", "--checkpoint", "run.json");
    assertEquals(8, some.status, some.err);
    assertTrue(some.err.contains("1 key was tried"), some.err);
    assertTrue(some.err.contains("with --resume and a higher --max-delete."), some.err);
    faults.add(Which.deletions(), ALWAYS, What.status(403));
    assertEquals(6, run("fastly:" + id, "--all", "--yes", "--max-errors", "10").status);
    faults.clear();
    faults.add(Which.listingsFrom(1), ALWAYS, What.status(400));
    Result listing = run("fastly:" + id, "--all", "--yes", "--checkpoint", "run.json");
    assertEquals(7, listing.status, listing.err);
    assertTrue(listing.err.contains("give the same command with --resume."), listing.err);
    faults.clear();
    faults.add(Which.listings(), 1, What.status(401));
    assertEquals(4, run("fastly:" + id, "--all", "--yes").status);
    faults.latency(Duration.ofMillis(100));
    assertEquals(
        10, run("fastly:" + id, "--all", "--yes", "-c", "2", "--max-duration", "500ms").status);
    assertEquals(2, run("fastly:" + id).status);
  }

  @Test
  void theStoreItselfCanGoToo() throws Exception {
    assertEquals(0, run("fastly:" + id, "--all", "--yes", "--delete-store").status);
    assertEquals(3, run("fastly:" + id, "--all", "--yes").status);
  }

  @Test
  void theDemoDoesTheWholeJob() throws Exception {
    Result result = run("--demo", "2000");
    assertEquals(0, result.status, result.err);
    assertTrue(result.err.contains("ok: deleted 2,000 keys in "), result.err);
  }

  /** The process, once it has deleted some keys and holds at the next one. */
  private Process halfway(CountDownLatch go, String... arguments) throws Exception {
    CountDownLatch reached = new CountDownLatch(500);
    faults.add(
        Which.deletions(),
        ALWAYS,
        new What.Before(() -> {
          reached.countDown();
          if (reached.getCount() == 0) {
            hold(go);
          }
        }));
    Process process = begin(arguments);
    while (!reached.await(100, TimeUnit.MILLISECONDS)) {
      assertTrue(process.isAlive(), () -> "it ended, see " + folder.resolve("err"));
    }
    return process;
  }

  private static void hold(CountDownLatch go) {
    try {
      go.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void resumes(Path checkpoint) throws Exception {
    faults.clear();
    assertTrue(Files.exists(checkpoint));
    Result second =
        run("fastly:" + id, "--all", "--yes", "--checkpoint", "run.json", "--resume", "--json");
    assertEquals(0, second.status, second.err);
    assertFalse(Files.exists(checkpoint));
    assertEquals(0, server.keys(id).size());
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void aSignalDrainsAndSumsUpAndAnotherRunGoesOn(String name, int status) throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Process process =
        halfway(go, "fastly:" + id, "--all", "--yes", "--page", "100", "--checkpoint", "run.json");
    signal(process, name);
    Path err = folder.resolve("err");
    while (process.isAlive() && !Files.readString(err).contains("stopping: ")) {
      Thread.onSpinWait();
    }
    go.countDown();
    Result result = end(process);
    assertEquals(status, result.status, result.err);
    int deleted = 1000 - server.keys(id).size();
    assertTrue(result.err.contains("deleted " + deleted + " keys"), result.err);
    assertTrue(result.err.contains("stopped: it was cancelled"), result.err);
    assertTrue(deleted < 1000);
    resumes(folder.resolve("run.json"));
  }

  @Test
  void aSecondCtrlCEndsAtOnce() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    Process process = halfway(never, "fastly:" + id, "--all", "--yes");
    signal(process, "INT");
    while (process.isAlive()) { // the first may not have been handled when the second arrives
      signal(process, "INT");
      process.waitFor(50, TimeUnit.MILLISECONDS);
    }
    assertEquals(130, process.exitValue());
    never.countDown();
  }

  @Test
  void aKilledRunIsGoneOnWith() throws Exception {
    CountDownLatch killed = new CountDownLatch(1);
    // The last key: the run cannot end, and take its checkpoint away, before it is killed.
    faults.add(
        Which.deletionsOf("key-00000999"::equals), ALWAYS, new What.Before(() -> hold(killed)));
    faults.latency(Duration.ofMillis(20));
    Process process =
        begin(
            "fastly:" + id,
            "--all",
            "--yes",
            "--page",
            "50",
            "-c",
            "2",
            "--checkpoint",
            "run.json");
    Path checkpoint = folder.resolve("run.json");
    while (process.isAlive()
        && !(Files.exists(checkpoint) && Files.readString(checkpoint).contains("cursor"))) {
      Thread.onSpinWait();
    }
    process.destroyForcibly().waitFor();
    assertFalse(server.keys(id).isEmpty());
    killed.countDown();
    resumes(checkpoint);
  }

  private static void signal(Process process, String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor();
  }

  /**
   * The command's output on a terminal of a number of columns, where a user answers its question.
   * The terminal is util-linux's {@code script}, which most systems have.
   */
  private Result onATerminal(int columns, String answer, String... arguments) throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/script")), "NOT TESTED: no /usr/bin/script");
    String quoted =
        command(arguments).stream()
            .map(word -> word.equals("|") ? word : "'" + word + "'")
            .collect(Collectors.joining(" "));
    ProcessBuilder builder =
        new ProcessBuilder(
                "/usr/bin/script", "-qec", "stty cols " + columns + "; exec " + quoted, "/dev/null")
            .redirectErrorStream(true);
    builder.environment().put("TERM", "xterm");
    builder.environment().put("SHELL", "/bin/sh");
    builder.environment().keySet().removeAll(List.of("CI", "NO_COLOR", "COLUMNS"));
    Process process = start(builder);
    StringBuilder shown = new StringBuilder();
    try (var in = process.inputReader(UTF_8);
        var out = process.outputWriter(UTF_8)) {
      for (int c; (c = in.read()) >= 0; ) {
        shown.append((char) c);
        if (shown.toString().endsWith("[y/N] ")) {
          out.write(answer);
          out.flush();
        }
      }
    }
    return new Result(process.waitFor(), shown.toString(), "");
  }

  @Test
  void onATerminalItAsksAndTheAnswerCounts() throws Exception {
    String question = "Delete keys that begin with \"key-00000\" of Fastly KV store " + id;
    for (String answer : List.of("n\n", "\n", "yesterday\n", "\u0004")) {
      Result result = onATerminal(200, answer, "fastly:" + id, "--prefix", "key-00000");
      assertEquals(2, result.status, result.out);
      assertTrue(result.out.contains(question), result.out);
      assertTrue(result.out.contains(", 1000 keys? [y/N] "), result.out);
      assertTrue(result.out.endsWith("Nothing was deleted.\r\n"), result.out);
    }
    assertEquals(1000, server.keys(id).size());
    Result result = onATerminal(200, "y\n", "fastly:" + id, "--prefix", "key-00000", "|", "cat");
    assertEquals(0, result.status, result.out);
    assertTrue(result.out.contains("ok\u001b[0m: deleted 1,000 keys in "), result.out);
    assertEquals(0, server.keys(id).size());
  }

  @Test
  void aLineOfProgressFitsTheTerminal() throws Exception {
    faults.latency(Duration.ofMillis(2));
    for (int columns : List.of(24, 36)) {
      id = server.createStore("columns-" + columns, 1000);
      String shown = onATerminal(columns, "", "fastly:" + id, "--all", "--yes", "-c", "1").out;
      List<Integer> lengths =
          Arrays.stream(shown.split("\r\u001b\\[K", -1))
              .filter(line -> line.startsWith("|") || line.startsWith("/"))
              .map(String::length)
              .toList();
      assertTrue(lengths.contains(columns - 1), shown);
      assertTrue(lengths.stream().allMatch(length -> length < columns), shown);
    }
  }

  @Test
  void aFullDiskForTheFailedKeysIsReported() throws Exception {
    faults.add(Which.deletionsOf(key -> key.endsWith("0")), ALWAYS, What.status(400));
    Result result =
        run("fastly:" + id, "--all", "--yes", "--keep-going", "--failed-keys", "/dev/full");
    assertEquals(7, result.status, result.err);
    assertTrue(result.err.contains("/dev/full: No space left on device"), result.err);
  }

  @ParameterizedTest
  @CsvSource({"--json", "--dry-run"})
  void outputThatCannotBeWrittenStopsTheRun(String option) throws Exception {
    ProcessBuilder builder =
        withoutTerminal("fastly:" + id, "--all", "--yes", "--page", "10", option)
            .redirectOutput(Path.of("/dev/full").toFile());
    long requests = server.requests();
    Result result = end(start(builder));
    assertEquals(7, result.status, result.err);
    assertTrue(result.err.contains("could not write to standard output"), result.err);
    assertEquals(1000, server.keys(id).size());
    assertTrue(server.requests() - requests < 10, "it did not list everything first");
  }

  @ParameterizedTest
  @CsvSource({
    "--keys-from keys --failed-keys ./keys",
    "--keys-from keys --failed-keys link",
    "--keys-from keys --checkpoint keys",
    "--all --failed-keys new --checkpoint x/../new",
    "--all --failed-keys /dev/stderr",
    "--all --checkpoint /dev/stderr"
  })
  void aFileIsNotWrittenOverAnotherOfTheRun(String options) throws Exception {
    Files.writeString(folder.resolve("keys"), "key-00000001\n");
    Files.createSymbolicLink(folder.resolve("link"), Path.of("keys"));
    List<String> arguments = new ArrayList<>(List.of("fastly:" + id, "--yes"));
    arguments.addAll(List.of(options.split(" ")));
    Result result = run(arguments.toArray(String[]::new));
    assertEquals(2, result.status, result.err);
    assertTrue(result.err.contains("would overwrite the file of"), result.err);
    assertEquals("key-00000001\n", Files.readString(folder.resolve("keys")));
  }

  @Test
  void whoWaitsForKeysToBeTypedCanBeToldToEnd() throws Exception {
    ProcessBuilder builder =
        withoutTerminal("fastly:" + id, "--keys-from", "-", "--yes", "--max-duration", "1s")
            .redirectInput(ProcessBuilder.Redirect.PIPE);
    Process process = start(builder);
    process.getOutputStream().write("key-00000001\n".getBytes(UTF_8));
    process.getOutputStream().flush(); // and stays open
    Result result = end(process);
    assertEquals(10, result.status, result.err);
    assertTrue(result.err.contains("the limit of 1.0 s was reached"), result.err);
  }

  @Test
  void aServerThatCannotBeStartedSaysWhy() throws Exception {
    String taken = String.valueOf(server.uri().getPort());
    assertRefused("cannot listen on port " + taken, "serve", "--port", taken);
    assertRefused("cannot keep the data in no/file", "serve", "--data", "no/file");
    Files.writeString(folder.resolve("data"), "nothing of ours\nnothing\n");
    assertRefused("is not a file of this server", "serve", "--data", "data");
    Path used = folder.resolve("used");
    try (KvServer other = KvServer.start(0, new Faults(), null, used)) {
      other.createStore("demo", 3);
      assertRefused("another server has it", "serve", "--data", "used");
    }
    assertRefused("already has a store named demo", "serve", "--data", "used", "--keys", "5");
  }

  private void assertRefused(String why, String... arguments) throws Exception {
    Result result = run(arguments);
    assertEquals(2, result.status, result.err);
    assertTrue(result.err.contains(why), result.err);
    assertEquals(1, result.err.lines().count(), result.err);
  }

  @Test
  void aDemoThatCannotBeSaysWhy() throws Exception {
    assertRefused("--demo 0 is not a number of keys", "--demo", "0");
    assertRefused("--demo -5 is not a number of keys", "--demo", "-5");
    assertRefused("from 1 to 1000000", "--demo", "99999999999");
    assertRefused("leave it or fastly:x out", "--demo", "5", "fastly:x");
    assertRefused("--delete-store is for fastly:ID", "redis://h/0", "--all", "--delete-store");
  }

  @Test
  void keysFromStandardInputAreSaidToBe() throws Exception {
    Result unasked = run("fastly:" + id, "--keys-from", "-");
    assertEquals(2, unasked.status, unasked.err);
    assertTrue(unasked.err.contains("deletes keys from standard input of "), unasked.err);
    ProcessBuilder builder =
        withoutTerminal("fastly:" + id, "--keys-from", "-", "--yes")
            .redirectInput(Files.writeString(folder.resolve("keys"), "{}\n").toFile());
    Result wrong = end(start(builder));
    assertEquals(7, wrong.status, wrong.err);
    assertTrue(wrong.err.contains("the keys from standard input: line 1 is no"), wrong.err);
  }

  @Test
  void keysThatAreNoTextAreNotTakenForOthers() throws Exception {
    Path keys = Files.write(folder.resolve("keys"), new byte[] {'k', (byte) 0xff, '\n'});
    Result fromFile = run("fastly:" + id, "--keys-from", "keys", "--yes");
    ProcessBuilder builder =
        withoutTerminal("fastly:" + id, "--keys-from", "-", "--yes").redirectInput(keys.toFile());
    for (Result result : List.of(fromFile, end(start(builder)))) {
      assertEquals(7, result.status, result.err);
      assertTrue(result.err.contains("line 1 is not UTF-8"), result.err);
    }
  }

  /** Whatever its client is like: one that connects at once, or when it has to. */
  @ParameterizedTest
  @CsvSource({"redis://%s/0", "redis-cluster://%s", "etcd://%s", "nats://%s/bucket"})
  void aStoreThatCannotBeReachedIsSaidToBe(String form) throws Exception {
    String nobody = "127.0.0.1:" + FreePort.next();
    String why = nobody + ": Connection refused: is the server running there?";
    String address = form.formatted(nobody);
    Result all = run(address, "--all", "--yes", "--attempts", "2", "--json");
    assertEquals(7, all.status, all.err);
    assertTrue(all.last().contains("the listing failed: "), all.out);
    assertTrue(all.last().contains(why), all.out);
    Files.writeString(folder.resolve("keys"), "one\ntwo\n");
    Result keys = run(address, "--keys-from", "keys", "--yes", "--attempts", "1");
    assertEquals(7, keys.status, keys.err);
    assertTrue(keys.err.contains("asking for the store failed: "), keys.err);
    assertTrue(keys.err.contains(why), keys.err);
  }

  @Test
  void whatIsMissingOrRefusedIsNamed() throws Exception {
    Result store = run("fastly:nosuchstore", "--all", "--yes");
    assertEquals(3, store.status, store.err);
    assertTrue(store.err.contains("there is no such store"), store.err);
    Files.writeString(folder.resolve("keys"), "key-00000001\n");
    Result keys = run("fastly:nosuchstore", "--keys-from", "keys", "--yes");
    assertEquals(3, keys.status, keys.err);
    assertTrue(keys.err.contains("there is no such store"), keys.err);
    Result empty = run("fastly:" + id, "--prefix", "none", "--yes", "--error-on-empty");
    assertEquals(9, empty.status, empty.err);
    assertTrue(empty.err.contains("no key was selected"), empty.err);
    Result two = run("fastly:" + id, "fastly:other", "--all");
    assertEquals(2, two.status, two.err);
    assertTrue(two.err.contains("'fastly:other' is one argument too many"), two.err);
    Result secret = run("fastly:" + id, "nats://user:secret@h:1/b", "--all");
    assertTrue(secret.err.contains("'nats://***@h:1/b' is one argument"), secret.err);
  }

  @Test
  void aGenerationIsForTheKeysOfAFileAndForStoresThatHaveIt() throws Exception {
    Result all = run("fastly:" + id, "--all", "--yes", "--if-generation-match", "7");
    assertEquals(2, all.status);
    assertTrue(all.err.contains("--if-generation-match goes with --keys-from"), all.err);
    Files.writeString(folder.resolve("keys"), "key-00000001\n");
    Result redis =
        run("redis://localhost/0", "--keys-from", "keys", "--yes", "--if-generation-match", "7");
    assertEquals(2, redis.status);
    assertTrue(redis.err.contains("--if-generation-match is not for redis://"), redis.err);
    Result other =
        run("fastly:" + id, "--keys-from", "keys", "--yes", "--if-generation-match", "7");
    assertEquals(5, other.status, other.err);
    assertTrue(other.err.contains("HTTP 412"), other.err);
    assertEquals(1000, server.keys(id).size());
  }

  @Test
  void aFileThatIsNotThereIsSaidToBeMissing() throws Exception {
    for (String option : List.of("--keys-from", "--checkpoint", "--failed-keys")) {
      List<String> arguments = new ArrayList<>(List.of("fastly:" + id, "--yes", option, "no/file"));
      if (!option.equals("--keys-from")) {
        arguments.add("--all");
      }
      Result result = run(arguments.toArray(String[]::new));
      assertEquals(7, result.status, result.err);
      assertTrue(result.err.contains("there is no such file or folder: no/file"), result.err);
    }
    assertEquals(1000, server.keys(id).size());
  }

  @Test
  void anAddressThatIsNoneIsRefused() throws Exception {
    Result noId = run("fastly:", "--all", "--yes");
    assertEquals(2, noId.status, noId.err);
    assertTrue(noId.err.contains("named by its id: fastly:ID"), noId.err);
    ProcessBuilder builder = withoutTerminal("fastly:" + id, "--all", "--yes");
    builder.environment().put("FASTLY_API_TOKEN", "secret");
    builder.environment().put("FASTLY_API_ENDPOINT", "127.0.0.1:9");
    Result noScheme = end(builder.directory(folder.toFile()).start());
    assertEquals(2, noScheme.status, noScheme.err);
    assertTrue(noScheme.err.contains("FASTLY_API_ENDPOINT is '127.0.0.1:9'"), noScheme.err);
  }

  @Test
  void failedKeysDoNotOverwriteTheKeysToDelete() throws Exception {
    Path keys = Files.writeString(folder.resolve("keys"), "key-00000001\n");
    Result result =
        run("fastly:" + id, "--keys-from", "keys", "--failed-keys", keys.toString(), "--yes");
    assertEquals(2, result.status, result.err);
    assertEquals("key-00000001\n", Files.readString(keys));
  }

  @Test
  void aCheckpointIsOneRunsOnly() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Process first = halfway(go, "fastly:" + id, "--all", "--yes", "--checkpoint", "run.json");
    List<String> command =
        command("fastly:" + id, "--all", "--yes", "--checkpoint", "run.json", "--resume", "--json");
    Process second = start(new ProcessBuilder(command).redirectErrorStream(true));
    String shown = new String(second.getInputStream().readAllBytes(), UTF_8);
    assertEquals(7, second.waitFor(), shown);
    assertTrue(shown.contains("another purge uses the checkpoint run.json"), shown);
    first.destroyForcibly().waitFor();
    go.countDown();
    faults.clear();
    Result third = run("fastly:" + id, "--all", "--yes", "--checkpoint", "run.json", "--resume");
    assertEquals(0, third.status, third.err);
    assertEquals(0, server.keys(id).size());
  }

  private Result runWithInput(String input, String... arguments) throws Exception {
    Path file = Files.writeString(folder.resolve("input"), input);
    return end(start(withoutTerminal(arguments).redirectInput(file.toFile())));
  }

  /** A pipe as well, which cannot be read twice. */
  @Test
  void keysAreReadToTheEndBeforeOneIsDeleted() throws Exception {
    String keys = "key-00000001\n".repeat(5000) + "\"key-00000002\"\n";
    Path file = Files.writeString(folder.resolve("keys"), keys);
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Process writer =
        new ProcessBuilder("sh", "-c", "exec cat \"$1\" >\"$2\"", "sh", file + "", pipe + "")
            .start();
    for (Result result :
        List.of(
            run("fastly:" + id, "--yes", "--keys-from", "keys"),
            run("fastly:" + id, "--yes", "--keys-from", "pipe"),
            runWithInput(keys, "fastly:" + id, "--yes", "--keys-from", "-"),
            run("fastly:" + id, "--dry-run", "--keys-from", "keys"))) {
      assertEquals(7, result.status, result.err);
      assertTrue(
          result.err.contains("line 5001 is in quotation marks that the key does not need"),
          result.err);
    }
    writer.waitFor();
    assertEquals(1000, server.keys(id).size());
  }

  @Test
  void keysFromAPipeCannotBeCountedBeforeAQuestion() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Result unasked = run("fastly:" + id, "--keys-from", "pipe");
    assertEquals(2, unasked.status, unasked.err);
    assertTrue(unasked.err.contains("there is no terminal to confirm it on"), unasked.err);
    Result resumed = run("fastly:" + id, "--keys-from", "pipe", "--checkpoint", "c", "--resume");
    assertEquals(2, resumed.status, resumed.err);
    assertTrue(resumed.err.contains("cannot read standard input or a pipe twice"), resumed.err);
  }

  @Test
  void aDryRunInAnyFormIsAListOfTheKeys() throws Exception {
    List<String> odd = List.of("a b ", " a b", "\"a b\"", "a\u001b[31m", "a\tb", "a\u202eb");
    for (String key : odd) {
      server.put(id, key, new byte[0]);
      server.put(id, key.strip().replaceAll("[\"\\p{C}]", ""), new byte[0]);
    }
    int all = server.keys(id).size();
    for (String form : List.of("--quiet", "--json", "--null")) {
      odd.forEach(key -> server.put(id, key, new byte[0]));
      List<String> dry = new ArrayList<>(List.of("fastly:" + id, "--dry-run", form));
      odd.forEach(key -> dry.add("--match=" + key.replace("[", "\\[")));
      Result printed = run(dry.toArray(String[]::new));
      assertEquals(0, printed.status, printed.err);
      assertFalse((printed.out + printed.err).contains("\u001b") && !form.equals("--null"));
      String separated = form.equals("--null") ? "--null" : "--verify";
      Result result =
          runWithInput(printed.out, "fastly:" + id, "--yes", "--keys-from", "-", separated);
      assertEquals(0, result.status, result.err);
      assertEquals(all - odd.size(), server.keys(id).size());
      assertTrue(server.keys(id).stream().noneMatch(odd::contains));
    }
  }

  @Test
  void severalPrefixesAndAShardSelectTogether() throws Exception {
    Result dry =
        run("fastly:" + id, "--dry-run", "--prefix", "key-000000", "--prefix", "key-000009");
    assertEquals(200, dry.out.lines().count(), dry.err);
    int deleted = 0;
    for (int shard = 1; shard <= 2; shard++) {
      Result part =
          run(
              "fastly:" + id,
              "--yes",
              "--prefix=key-000000",
              "--prefix=key-000009",
              "--shard=" + shard + "/2",
              "--json");
      assertEquals(0, part.status, part.err);
      deleted += number(part.last(), "deleted");
      assertTrue(number(part.last(), "deleted") > 50, part.last());
    }
    assertEquals(200, deleted);
    assertEquals(800, server.keys(id).size());
  }

  private static int number(String json, String name) {
    return JsonParser.parseString(json).getAsJsonObject().get(name).getAsInt();
  }

  @Test
  void keysAreSelectedByWhatTheStoreRecords() throws Exception {
    server.put(id, "large", new byte[3000]);
    Result dry = run("fastly:" + id, "--larger-than", "2999", "--dry-run", "--details");
    assertEquals(0, dry.status, dry.err);
    assertTrue(
        dry.out.matches("\\{\"key\":\"large\",\"modified\":\"[^\"]+\",\"size\":3000\\}\n"),
        dry.out);
    Result json = run("fastly:" + id, "--larger-than", "2999", "--dry-run", "--json");
    assertTrue(json.out.contains("\"key\":\"large\","), json.out);
    assertTrue(json.out.contains("\"size\":3000}"), json.out);
    Result result = runWithInput(dry.out, "fastly:" + id, "--keys-from", "-", "--yes");
    assertEquals(0, result.status, result.err);
    assertEquals(1000, server.keys(id).size());
    assertFalse(server.keys(id).contains("large"));
  }

  @Test
  void deletedKeysAreWrittenDownAlsoByARunThatGoesOn() throws Exception {
    server.keys(id).removeIf(key -> key.compareTo("key-00000020") >= 0);
    faults.add(Which.deletionsOf("key-00000007"::equals), ALWAYS, What.status(403));
    List<String> command =
        List.of("fastly:" + id, "--all", "--yes", "--checkpoint=c", "--deleted-keys=audit");
    List<String> first = new ArrayList<>(command);
    first.add("--max-delete=10");
    assertEquals(8, run(first.toArray(String[]::new)).status);
    List<String> second = new ArrayList<>(command);
    second.add("--resume");
    assertEquals(5, run(second.toArray(String[]::new)).status);
    List<String> lines = Files.readAllLines(folder.resolve("audit"));
    assertEquals(19, lines.size(), lines::toString);
    assertEquals(
        19,
        lines.stream()
            .map(line -> JsonParser.parseString(line).getAsJsonObject())
            .filter(line -> line.get("outcome").getAsString().equals("deleted"))
            .map(line -> line.get("key").getAsString())
            .distinct()
            .count());
    assertTrue(lines.stream().noneMatch(line -> line.contains("key-00000007")), lines::toString);
  }

  @Test
  void theServerPrintsWhatFastlysOwnCommandNeeds() throws Exception {
    Process process = begin("serve", "--keys", "3");
    try (var out = process.inputReader(UTF_8)) {
      String endpoint = out.readLine();
      assertTrue(endpoint.startsWith("export FASTLY_API_ENDPOINT=http://127.0.0.1:"), endpoint);
      assertEquals(endpoint.replace("API", "ACCOUNT"), out.readLine());
      assertEquals("export FASTLY_API_TOKEN=any", out.readLine());
    } finally {
      process.destroyForcibly().waitFor();
    }
  }
}
