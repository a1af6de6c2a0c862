package io.heddle.evidence.interplay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.IncompatibleThreadStateException;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.Connector;
import io.heddle.Go;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Programs in JVMs of their own, with the JDK's tools at work on them, and started in every way.
 */
@Timeout(value = 180, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class ToolsTest {
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  /**
   * Works, unless told to rest, until it reads a line, and prints whether nothing was lost. A
   * goroutine sleeps by the time it says that it is ready.
   */
  private static final String PROGRAM =
      """
      import static io.heddle.Go.*;
      import io.heddle.*;
      import java.util.concurrent.atomic.*;

      public class Work {
        public static void main(String[] args) throws Exception {
          AtomicLong sent = new AtomicLong();
          AtomicLong received = new AtomicLong();
          run(() -> {
            Chan<Long> numbers = Chan.buffered(2);
            WaitGroup senders = new WaitGroup();
            WaitGroup receivers = new WaitGroup();
            try (var context = Context.background().withCancel()) {
              int pairs = args.length == 0 ? 4 : 0;
              for (int i = 0; i < pairs; i++) {
                senders.go(() -> {
                  for (long n = 1; !context.isDone(); n++) {
                    numbers.send(n);
                    sent.addAndGet(n);
                    if (n % 100 == 0) {
                      sleep(java.time.Duration.ofMillis(1));
                    }
                  }
                });
                receivers.go(() -> {
                  for (long n : numbers) {
                    received.addAndGet(n);
                  }
                });
              }
              go("sleeper", () -> Chan.never().receive());
              while (!Goroutines.dump().contains("[chan receive")) {
                gosched();
              }
              System.out.println("ready");
              Thread reader = Thread.ofPlatform().start(() -> {
                try {
                  System.in.read();
                } catch (java.io.IOException e) {
                  e.printStackTrace();
                }
              });
              reader.join();
              context.cancel();
              senders.await();
              numbers.close();
              receivers.await();
            }
          });
          boolean hasWorked = args.length > 0 || sent.get() > 0;
          System.out.println(hasWorked && sent.get() == received.get() ? "equal" : "lost");
        }
      }
      """;

  @TempDir Path folder;

  /** How a program is started. */
  enum Scheduler {
    HEDDLE,
    JDK;

    List<String> options(String module) {
      return this == JDK
          ? List.of("-Dheddle.scheduler=jdk")
          : List.of("--add-opens=java.base/java.lang=" + module, "-Dheddle.scheduler=heddle");
    }
  }

  private Process start(List<String> options, List<String> program) throws IOException {
    List<String> command = new ArrayList<>(List.of(JAVA.toString(), "-Xmx256m"));
    command.addAll(options);
    command.addAll(program);
    return new ProcessBuilder(command).redirectError(folder.resolve("errors.txt").toFile()).start();
  }

  private Process startWork(List<String> options, String... arguments) throws IOException {
    Path file = Files.writeString(folder.resolve("Work.java"), PROGRAM);
    List<String> program = new ArrayList<>(List.of("-cp", core().toString(), file.toString()));
    program.addAll(List.of(arguments));
    return start(options, program);
  }

  private void awaitReady(BufferedReader out) throws IOException {
    assertEquals("ready", lineOf(out), this::errors);
  }

  /** The next line of the program's own. */
  private static String lineOf(BufferedReader out) throws IOException {
    String line = out.readLine();
    while (line != null && line.startsWith("Listening for transport")) { // of the debugger's agent
      line = out.readLine();
    }
    return String.valueOf(line);
  }

  private void finish(Process process, BufferedReader out) throws Exception {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    assertEquals("equal", lineOf(out), this::errors);
    assertEquals(0, process.waitFor(), this::errors);
  }

  private String errors() {
    try {
      return Files.readString(folder.resolve("errors.txt"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static Path core() {
    try {
      return Path.of(
          Objects.requireNonNull(Go.class.getProtectionDomain().getCodeSource())
              .getLocation()
              .toURI());
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDebuggerStopsAndResumesAProgram(Scheduler scheduler) throws Exception {
    List<String> options = new ArrayList<>(scheduler.options("ALL-UNNAMED"));
    options.add("-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:0");
    Process process = startWork(options);
    try (BufferedReader out = process.inputReader(UTF_8)) {
      String listening = out.readLine();
      int port = Integer.parseInt(listening.substring(listening.lastIndexOf(' ') + 1).trim());
      awaitReady(out);
      VirtualMachine vm = attach(port);
      for (int i = 0; i < 20; i++) {
        vm.suspend();
        int stopped = 0;
        for (ThreadReference thread : vm.allThreads()) {
          boolean isOurs = thread.name().startsWith("heddle") || thread.name().equals("main");
          stopped += isOurs && hasFrames(thread) ? 1 : 0;
        }
        assertTrue(stopped > 0);
        vm.resume();
      }
      vm.dispose();
      finish(process, out);
    } finally {
      process.destroyForcibly();
    }
  }

  private static boolean hasFrames(ThreadReference thread) {
    try {
      return thread.frameCount() > 0;
    } catch (IncompatibleThreadStateException e) {
      return false; // it was about to begin or to end
    }
  }

  private static VirtualMachine attach(int port) throws Exception {
    AttachingConnector connector =
        Bootstrap.virtualMachineManager().attachingConnectors().stream()
            .filter(one -> one.name().equals("com.sun.jdi.SocketAttach"))
            .findFirst()
            .orElseThrow();
    Map<String, Connector.Argument> arguments = connector.defaultArguments();
    Objects.requireNonNull(arguments.get("hostname")).setValue("127.0.0.1");
    Objects.requireNonNull(arguments.get("port")).setValue(String.valueOf(port));
    return connector.attach(arguments);
  }

  @ParameterizedTest
  @EnumSource
  void aProgramIsRecorded(Scheduler scheduler) throws Exception {
    Path recording = folder.resolve("work.jfr");
    List<String> options = new ArrayList<>(scheduler.options("ALL-UNNAMED"));
    options.add("-XX:StartFlightRecording=settings=profile,filename=" + recording);
    Process process = startWork(options);
    try (BufferedReader out = process.inputReader(UTF_8)) {
      String line = out.readLine();
      while (line != null && !line.equals("ready")) { // JFR says that it has started
        line = out.readLine();
      }
      assertEquals("ready", line, this::errors);
      finish(process, out);
    } finally {
      process.destroyForcibly();
    }
    assertTrue(!RecordingFile.readAllEvents(recording).isEmpty());
  }

  /**
   * While they rest: JDK 25 may crash when a virtual thread is mounted or unmounted meanwhile,
   * whoever schedules it (JDK-8364314, JDK-8364343).
   */
  @ParameterizedTest
  @EnumSource
  void jcmdDumpsGoroutinesToAFile(Scheduler scheduler) throws Exception {
    Path dump = folder.resolve("threads.json");
    List<String> options = new ArrayList<>(scheduler.options("ALL-UNNAMED"));
    options.add("-Dheddle.leaks=off"); // else goroutines are not in the JDK's list
    Process process = startWork(options, "rest");
    try (BufferedReader out = process.inputReader(UTF_8)) {
      awaitReady(out);
      Process jcmd =
          new ProcessBuilder(
                  JAVA.resolveSibling("jcmd").toString(),
                  String.valueOf(process.pid()),
                  "Thread.dump_to_file",
                  "-format=json",
                  dump.toString())
              .redirectErrorStream(true)
              .start();
      String said = new String(jcmd.getInputStream().readAllBytes(), UTF_8);
      assertEquals(0, jcmd.waitFor(), said);
      String text = Files.readString(dump);
      assertTrue(text.contains("\"sleeper\""), text);
      assertTrue(text.contains("io.heddle.Chan"), "stacks of goroutines");
      finish(process, out);
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNamedModuleUsesHeddle(Scheduler scheduler) throws Exception {
    Path sources = Files.createDirectories(folder.resolve("app/app"));
    Files.writeString(
        folder.resolve("app/module-info.java"), "module app { requires io.heddle; }\n");
    Files.writeString(sources.resolve("Work.java"), "package app;\n" + PROGRAM);
    Path classes = folder.resolve("classes");
    Process javac =
        new ProcessBuilder(
                JAVA.resolveSibling("javac").toString(),
                "-d",
                classes.toString(),
                "-p",
                core() + ":" + jspecify(),
                folder.resolve("app/module-info.java").toString(),
                sources.resolve("Work.java").toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(javac.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, javac.waitFor(), said);
    Process process =
        start(
            scheduler.options("io.heddle"),
            List.of("-p", core() + ":" + classes, "-m", "app/app.Work"));
    try (BufferedReader out = process.inputReader(UTF_8)) {
      awaitReady(out);
      finish(process, out);
    } finally {
      process.destroyForcibly();
    }
  }

  private static Path jspecify() throws Exception {
    return Path.of(
        Objects.requireNonNull(
                org.jspecify.annotations.Nullable.class.getProtectionDomain().getCodeSource())
            .getLocation()
            .toURI());
  }

  /** A preview in JDK 25, so in a JVM of its own. */
  @Test
  void aTaskScopesThreadsTalkToGoroutines() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("Scope.java"),
            """
            import static io.heddle.Go.*;
            import io.heddle.*;
            import java.util.concurrent.StructuredTaskScope;

            void main() throws Exception {
              run(() -> {
                Chan<Integer> numbers = Chan.unbuffered();
                go(() -> {
                  for (int i = 1; i <= 10; i++) {
                    numbers.send(i);
                  }
                  numbers.close();
                });
                try (var scope = StructuredTaskScope.open()) {
                  var one = scope.fork(() -> sum(numbers));
                  var other = scope.fork(() -> sum(numbers));
                  scope.join();
                  IO.println(one.get() + other.get());
                }
                // A scope in a goroutine that is cancelled: its threads are interrupted, too.
                try (var context = Context.background().withCancel()) {
                  Chan<String> begun = Chan.unbuffered();
                  Goroutine<?> owner = go(context, () -> {
                    try (var scope = StructuredTaskScope.open()) {
                      scope.fork(() -> {
                        begun.send("begun");
                        return Chan.<String>never().receive();
                      });
                      scope.join();
                    }
                  });
                  begun.receive();
                  context.cancel();
                  owner.join();
                  IO.println(owner.failure().getClass().getSimpleName());
                }
              });
            }

            int sum(Chan<Integer> numbers) {
              int sum = 0;
              for (int number : numbers) {
                sum += number;
              }
              return sum;
            }
            """);
    Process process =
        start(
            List.of("--enable-preview", "--source", "25"),
            List.of("-cp", core().toString(), file.toString()));
    try (BufferedReader out = process.inputReader(UTF_8)) {
      assertEquals("55", out.readLine(), this::errors);
      assertEquals("InterruptedException", out.readLine(), this::errors);
      assertEquals(0, process.waitFor(), this::errors);
    } finally {
      process.destroyForcibly();
    }
  }
}
