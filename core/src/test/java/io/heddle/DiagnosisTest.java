package io.heddle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.tools.attach.VirtualMachine;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.management.JMX;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goroutines are seen from outside of their JVM. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class DiagnosisTest {
  private static final String WEAVER = "\"outer weaver\" [chan receive]:";

  /** A JVM that has a weaver which waits, until it is closed. */
  private static final class Child implements AutoCloseable {
    private final Process process;
    private final BufferedReader errors;

    Child(List<String> options) throws Exception {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
      command.addAll(options);
      process = new ProcessBuilder(command).start();
      errors = process.errorReader(UTF_8);
      Thread.ofVirtual().start(this::endIfItHangs); // reading does not heed an interrupt
      assertEquals("ready", process.inputReader(UTF_8).readLine());
    }

    static Child onClassPath(String... properties) throws Exception {
      List<String> options = new ArrayList<>(List.of(properties));
      options.addAll(List.of("-cp", location(Go.class) + ":" + location(Weaver.class)));
      options.add(Weaver.class.getName());
      return new Child(options);
    }

    static Child onModulePath(String... properties) throws Exception {
      List<String> options = new ArrayList<>(List.of(properties));
      options.addAll(List.of("-p", location(Go.class).toString()));
      options.add("--patch-module=io.heddle=" + location(Weaver.class));
      options.addAll(List.of("-m", "io.heddle/" + Weaver.class.getName()));
      return new Child(options);
    }

    String pid() {
      return String.valueOf(process.pid());
    }

    /** Reads its standard error up to a line that must come. */
    void errorsUpTo(String end) throws Exception {
      List<String> lines = new ArrayList<>();
      String line;
      do {
        line = errors.readLine();
        assertNotNull(line, lines::toString);
        lines.add(line);
      } while (!line.contains(end));
    }

    private void endIfItHangs() {
      try {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
      }
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  static Path location(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  @Test
  void theSchedulerIsLoggedWhereLoggingIsConfigured(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("logging.properties");
    Files.writeString(
        file,
        """
        handlers=java.util.logging.ConsoleHandler
        java.util.logging.ConsoleHandler.level=ALL
        io.heddle.level=FINE
        """);
    try (Child child = Child.onClassPath("-Djava.util.logging.config.file=" + file)) {
      child.errorsUpTo("(java.lang is not open to Heddle), JDK ");
    }
  }

  @Test
  void noLoggerIsAskedForOtherwise(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("classes");
    try (Child _ = Child.onClassPath("-Xlog:class+load:file=" + file)) {
      String classes = Files.readString(file);
      assertTrue(classes.contains("io.heddle.Goroutine "), classes);
      assertFalse(classes.contains("java.util.logging.LogManager"), classes);
    }
  }

  private static void kill(Child child) throws Exception {
    Process kill = new ProcessBuilder("kill", "-USR1", child.pid()).inheritIO().start();
    assertEquals(0, kill.waitFor());
  }

  @Test
  void aSignalDumpsTheGoroutines() throws Exception {
    try (Child child = Child.onClassPath("-Dheddle.dump.signal=USR1")) {
      for (int i = 0; i < 2; i++) { // it stays alive
        kill(child);
        child.errorsUpTo("2 goroutines, ");
        child.errorsUpTo(WEAVER);
        child.errorsUpTo("created by ");
      }
    }
  }

  @Test
  void aSignalDumpsTheGoroutinesOfANamedModule() throws Exception {
    try (Child child =
        Child.onModulePath("--add-modules=jdk.unsupported", "-Dheddle.dump.signal=USR1")) {
      kill(child);
      child.errorsUpTo(WEAVER);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "heddle.dump.signal=USR2 has no effect: the JVM suspends threads with USR2, for JFR",
        "heddle.dump.signal=QUIT has no effect: Signal already used by VM or OS: SIGQUIT",
        "heddle.dump.signal=NOPE has no effect: Unknown signal: NOPE",
        "heddle.jmx=yes has no effect: use on or off"
      })
  void whatCannotBeOpenedSaysSo(String message) throws Exception {
    String property = message.substring(0, message.indexOf(' '));
    try (Child child = Child.onClassPath("-D" + property)) {
      child.errorsUpTo("heddle: " + message);
    }
  }

  @Test
  void aMissingModuleIsNamed() throws Exception {
    try (Child child =
        Child.onModulePath(
            "--limit-modules=io.heddle", "-Dheddle.dump.signal=USR1", "-Dheddle.jmx=on")) {
      child.errorsUpTo("start java with --add-modules jdk.unsupported");
      child.errorsUpTo("start java with --add-modules java.management");
    }
  }

  @Test
  void aJmxConsoleSeesTheGoroutines() throws Exception {
    try (Child child = Child.onClassPath("-Dheddle.jmx=on")) {
      seeByJmx(child);
    }
  }

  @Test
  void aJmxConsoleSeesTheGoroutinesOfANamedModule() throws Exception {
    try (Child child = Child.onModulePath("--add-modules=java.management", "-Dheddle.jmx=on")) {
      seeByJmx(child);
    }
  }

  @SuppressWarnings("BanJNDI") // the address is that of our own child
  private static void seeByJmx(Child child) throws Exception {
    VirtualMachine machine = VirtualMachine.attach(child.pid());
    JMXServiceURL address = new JMXServiceURL(machine.startLocalManagementAgent());
    machine.detach();
    try (JMXConnector connector = JMXConnectorFactory.connect(address)) {
      GoroutinesMXBean goroutines =
          JMX.newMXBeanProxy(
              connector.getMBeanServerConnection(),
              new ObjectName("io.heddle:type=Goroutines"),
              GoroutinesMXBean.class);
      assertEquals(2, goroutines.getCount());
      assertTrue(goroutines.getRuntimeInfo().contains("JDK " + Runtime.version()));
      assertTrue(goroutines.dump().contains(WEAVER), goroutines.dump());
      List<?> read = (List<?>) Objects.requireNonNull(Json.read(goroutines.dumpJson()));
      assertEquals(2, read.size());
    }
  }

  /** What the children run. */
  static final class Weaver {
    private Weaver() {}

    public static void main(String[] arguments) throws Exception {
      Go.run(() -> {
        Goroutine<?> weaver = Go.go("outer weaver", () -> Chan.never().receive());
        while (!weaver.toString().contains("[chan receive]")) {
          Go.gosched(); // there may be one processor
        }
        IO.println("ready");
        System.in.read();
      });
    }
  }
}
