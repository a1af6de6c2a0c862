package io.heddle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Deadlocks are reported, and nothing else is. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class DeadlockTest {
  /** What the parent lets pass before it does what a child waits for: several looks. */
  private static final long WHILE_MILLIS = 300;

  private static final String OPEN = "--add-opens=java.base/java.lang=ALL-UNNAMED";

  /** How a child is started. */
  enum Scheduler {
    HEDDLE,
    JDK,
    /** The same with less to see: java.lang is closed. */
    JDK_BY_ITSELF;

    List<String> options() {
      return switch (this) {
        case HEDDLE -> List.of(OPEN, "-Dheddle.scheduler=heddle");
        case JDK -> List.of(OPEN, "-Dheddle.scheduler=jdk");
        case JDK_BY_ITSELF -> List.of();
      };
    }
  }

  /**
   * The output of each child. They wait most of their time, so all of them run at the same time.
   */
  private static final Map<String, Future<List<String>>> CHILDREN = new HashMap<>();

  private static final ExecutorService RUNNERS = Executors.newVirtualThreadPerTaskExecutor();

  @BeforeAll
  static void startChildren() {
    for (Scheduler scheduler : Scheduler.values()) {
      for (String cases : List.of("deadlocks", "living", "hook")) {
        if (scheduler != Scheduler.JDK_BY_ITSELF || !cases.equals("hook")) {
          CHILDREN.put(scheduler + cases, RUNNERS.submit(() -> run(scheduler, cases)));
        }
      }
    }
    Scheduler any = Scheduler.HEDDLE;
    CHILDREN.put(any + "held up", RUNNERS.submit(() -> run(any, "held up")));
  }

  @AfterAll
  static void stopChildren() {
    RUNNERS.shutdownNow();
    RUNNERS.close();
  }

  private static List<String> child(Scheduler scheduler, String cases) throws Exception {
    return CHILDREN.get(scheduler + cases).get();
  }

  private static List<String> run(Scheduler scheduler, String cases) throws Exception {
    if (!cases.equals("living")) {
      return launch(scheduler, List.of(), cases);
    }
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofPlatform().daemon().start(() -> answer(server));
      return launch(scheduler, List.of(), cases, String.valueOf(server.getLocalPort()));
    }
  }

  /** Runs {@link DeadlockCases}, and does what they ask for. */
  static List<String> launch(Scheduler scheduler, List<String> options, String... arguments)
      throws Exception {
    return talk(
        command(scheduler, options, arguments)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /** What {@link DeadlockCases} print to both outputs. */
  static List<String> output(Scheduler scheduler, List<String> options, String... arguments)
      throws Exception {
    return talk(command(scheduler, options, arguments).redirectErrorStream(true).start());
  }

  private static ProcessBuilder command(
      Scheduler scheduler, List<String> options, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(scheduler.options());
    command.addAll(options);
    command.addAll(List.of("-cp", location(Go.class) + ":" + location(DeadlockCases.class)));
    command.add(DeadlockCases.class.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }

  private static List<String> talk(Process process) throws Exception {
    List<String> lines = new ArrayList<>();
    BufferedReader out = process.inputReader(UTF_8);
    OutputStream in = process.getOutputStream();
    // Reading does not heed an interrupt: a child that hangs is killed.
    Thread.ofVirtual().start(() -> kill(process));
    try {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith("connect ")) {
          Thread.sleep(WHILE_MILLIS);
          new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(line.substring(8))).close();
        } else if (line.equals("write")) {
          Thread.sleep(WHILE_MILLIS);
          in.write('!');
          in.flush();
        } else if (line.equals("terminate")) {
          Thread.sleep(WHILE_MILLIS);
          process.toHandle().destroy(); // leaves its output open
        } else {
          lines.add(line);
        }
      }
      process.waitFor();
    } finally {
      process.destroyForcibly();
    }
    return lines;
  }

  private static void kill(Process process) {
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        printThreads(process);
      }
    } catch (InterruptedException | IOException e) {
      System.err.println("no threads of a child that hangs: " + e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Without this, a child that hangs would leave no trace of why. */
  private static void printThreads(Process process) throws IOException, InterruptedException {
    String command = process.info().commandLine().orElse("a child");
    System.err.println("a child hangs, process " + process.pid() + ": " + command);
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    new ProcessBuilder(jcmd.toString(), "" + process.pid(), "Thread.print", "-l")
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
        .start()
        .waitFor(10, TimeUnit.SECONDS);
  }

  private static Path location(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  @ParameterizedTest
  @EnumSource
  void everyDeadlockIsReportedWithWhatItsGoroutinesWaitFor(Scheduler scheduler) throws Exception {
    assertEquals(
        List.of(
            "receive: goroutine 1 [chan receive]:",
            "send: goroutine 1 [chan send]:",
            "never: goroutine 1 [chan receive]:",
            "select: goroutine 1 [select (no cases)]:",
            "mutex: goroutine 1 [Mutex.lock, held by goroutine 1]:",
            "wait group: goroutine 1 [WaitGroup.await]:",
            "cond: goroutine 1 [Cond.await]:",
            "circle: goroutine 1 [chan receive]: goroutine 2 \"other\" [chan receive]:",
            "worker: goroutine 1 [Goroutine.join]: goroutine 2 \"worker\" [chan receive]:",
            "future: goroutine 1 [select]:",
            "inner program: goroutine 1 [chan send]:",
            "after a failure that was handled: goroutine 1 [chan send]:",
            "after a timer: goroutine 1 [chan receive]:",
            "after virtual threads of others: goroutine 1 [chan receive]:",
            "beside an idle pool: goroutine 1 [chan receive]:",
            "after I/O: goroutine 1 [chan receive]:",
            "after a stopped alarm: CONTEXT: goroutine 1 [chan receive]:",
            "after a stopped alarm: CHILD_OF_A_CONTEXT: goroutine 1 [chan receive]:",
            "after a stopped alarm: AFTER_FUNC: goroutine 1 [chan receive]:",
            "after a stopped alarm: RECEIVE: goroutine 1 [chan receive]:",
            "after a stopped alarm: SELECT: goroutine 1 [chan receive]:",
            "after a stopped alarm: SLEEP: goroutine 1 [chan receive]:",
            "after a stopped alarm: LOCK: goroutine 1 [chan receive]:",
            "after a stopped alarm: TIMED_WAIT_OF_THE_JDK: goroutine 1 [chan receive]:",
            "class initialiser: goroutine 1 [chan receive]:",
            "beside a platform thread in Heddle: goroutine 1 [select (no cases)]:",
            "beside a platform thread in the JDK: goroutine 1 [select (no cases)]:",
            "later than a platform thread: goroutine 1 [select (no cases)]:",
            "beside a signal handler: goroutine 1 [chan send]:"),
        child(scheduler, "deadlocks"));
  }

  @ParameterizedTest
  @EnumSource
  void whatAnythingMayStillWakeIsNotReported(Scheduler scheduler) throws Exception {
    List<String> expected =
        DeadlockCases.living(0).keySet().stream().map(name -> name + ": ended").toList();
    assertEquals(expected, child(scheduler, "living"));
  }

  @ParameterizedTest
  @EnumSource(names = "JDK_BY_ITSELF", mode = EnumSource.Mode.EXCLUDE)
  void aProgramThatWaitsForAShutdownHookIsNotReported(Scheduler scheduler) throws Exception {
    assertEquals(List.of("told to end"), child(scheduler, "hook"));
  }

  /** The time that looks take is no measure of their cost where they wait for a processor. */
  @Test
  void aDeadlockIsReportedSoonAfterLooksThatWereHeldUp() throws Exception {
    assertEquals(
        List.of("after looks that were held up: goroutine 1 [chan receive]:"),
        child(Scheduler.HEDDLE, "held up"));
  }

  private static void answer(ServerSocket server) {
    try (Socket socket = server.accept()) {
      Thread.sleep(WHILE_MILLIS);
      socket
          .getOutputStream()
          .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(UTF_8));
      socket.getOutputStream().flush();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
