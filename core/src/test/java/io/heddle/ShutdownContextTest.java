package io.heddle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A program ends as it wants to when it is sent a signal: real processes get real signals. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class ShutdownContextTest {
  private static final int INT = 130;
  private static final int TERM = 143;
  private static final int PANIC = 2;

  /** A JVM that runs one of {@link ShutdownCases}. */
  private static final class Child implements AutoCloseable {
    private final Process process;
    private final BufferedReader out;

    Child(List<String> prefix, List<String> options, String name) throws Exception {
      List<String> command = new ArrayList<>(prefix);
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
      command.add(TestSupport.SAME_SCHEDULER);
      command.addAll(options);
      command.addAll(List.of("-cp", location(Go.class) + ":" + location(ShutdownCases.class)));
      command.addAll(List.of(ShutdownCases.class.getName(), name));
      process = new ProcessBuilder(command).start();
      out = process.inputReader(UTF_8);
      Thread.ofVirtual().start(this::endIfItHangs); // reading does not heed an interrupt
    }

    /** Starts a case and waits until it is ready for signals. */
    static Child ready(String name, String... options) throws Exception {
      // A shell that starts a process in the background has it ignore SIGINT.
      Child child = new Child(List.of("env", "--default-signal=INT,HUP"), List.of(options), name);
      child.expect("ready");
      return child;
    }

    void expect(String line) throws IOException {
      assertEquals(line, out.readLine());
    }

    void send(String signal) throws Exception {
      send(signal, process.pid());
    }

    void send(String signal, long pid) throws Exception {
      Process kill = new ProcessBuilder("kill", "-" + signal, "" + pid).inheritIO().start();
      assertEquals(0, kill.waitFor());
    }

    void assertEnds(int status) throws Exception {
      assertNull(out.readLine());
      assertEquals(status, process.waitFor(), () -> errors());
    }

    String errors() {
      return String.join("\n", process.errorReader(UTF_8).lines().toList());
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
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static Path location(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  @ParameterizedTest
  @CsvSource({"INT", "TERM", "HUP"})
  void aSignalCancelsAndTheMainFunctionDecidesAboutTheExitStatus(String signal) throws Exception {
    try (Child child = Child.ready("serve")) {
      child.send(signal);
      child.expect("ended by SIG" + signal + ", SIG" + signal);
      child.assertEnds(0);
    }
  }

  @Test
  void theMainFunctionCanReturnTheStatusOfTheSignal() throws Exception {
    try (Child child = Child.ready("status")) {
      child.send("TERM");
      child.assertEnds(TERM);
    }
  }

  @Test
  void aFailureWhileEndingIsAPanic() throws Exception {
    try (Child child = Child.ready("panic")) {
      child.send("TERM");
      child.assertEnds(PANIC);
      assertTrue(child.errors().startsWith("panic: java.lang.IllegalStateException: cannot save"));
    }
  }

  @Test
  void aSecondSignalEndsTheProcessAtOnce() throws Exception {
    try (Child child = Child.ready("stuck")) {
      child.send("TERM");
      child.expect("cancelled");
      child.send("INT");
      child.assertEnds(INT);
    }
  }

  @Test
  void theEndOfTheGracePeriodEndsTheProcessAndSaysWhatWasLeft() throws Exception {
    try (Child child = Child.ready("grace")) {
      child.send("TERM");
      child.expect("cancelled");
      child.assertEnds(TERM);
      String errors = child.errors();
      assertTrue(
          errors.startsWith(
              "heddle: the program did not end in the grace period after SIGTERM; its goroutines"
                  + " are\n\ngoroutine 1 [chan receive]:\n"),
          errors);
    }
  }

  @Test
  void aSignalCancelsTheContextsOfAllPrograms() throws Exception {
    try (Child child = Child.ready("two programs")) {
      child.send("TERM");
      child.expect("ended by SIGTERM, SIGTERM");
      child.expect("ended by SIGTERM, SIGTERM");
      child.assertEnds(0);
    }
  }

  @Test
  void theNextProgramGetsASignalOfItsOwn() throws Exception {
    try (Child child = Child.ready("one after the other")) {
      child.send("INT");
      child.expect("ended by SIGINT, SIGINT");
      child.expect("ready");
      child.send("TERM");
      child.expect("ended by SIGTERM, SIGTERM");
      child.assertEnds(0);
    }
  }

  @Test
  void aContextThatIsMadeAfterTheSignalStartsCancelledWhileAnotherIsOpen() throws Exception {
    try (Child child = Child.ready("late")) {
      child.send("TERM");
      child.expect("late: SIGTERM, SIGTERM");
      child.expect("later: null, null");
      child.assertEnds(0);
    }
  }

  @Test
  void aContextThatIsMadeAfterTheLastWasClosedHasNothingToDoWithTheSignalBefore() throws Exception {
    try (Child child = Child.ready("reload")) {
      child.send("HUP");
      child.expect("reloaded: null, null");
      child.assertEnds(0);
    }
  }

  @Test
  void aRequestThatIsOverWaitsForNoContext() {
    try (ShutdownContext fresh = Context.untilShutdown(Duration.ZERO)) {
      assertTrue(Shutdown.areClosedInTime(new Shutdown.Request("SIGHUP", 129, System.nanoTime())));
      assertFalse(fresh.isDone());
    }
  }

  @ParameterizedTest
  @CsvSource({"before", "after"})
  void aSignalWithoutAContextDoesWhatItDoesWithoutHeddle(String name) throws Exception {
    try (Child child = Child.ready(name)) {
      child.send("TERM");
      child.assertEnds(TERM);
    }
  }

  @Test
  void shutdownHooksRunWhenTheProgramHasEnded() throws Exception {
    try (Child child = Child.ready("hook")) {
      child.send("TERM");
      child.expect("ended by SIGTERM, SIGTERM");
      child.expect("hook");
      child.assertEnds(0);
    }
  }

  @Test
  void aSignalThatTheParentHadIgnoredRemainsIgnored() throws Exception {
    List<String> ignoring = List.of("env", "--ignore-signal=INT", "--default-signal=TERM");
    try (Child child = new Child(ignoring, List.of(), "serve")) {
      child.expect("ready");
      child.send("INT");
      child.send("TERM");
      child.expect("ended by SIGTERM, SIGTERM");
      child.assertEnds(0);
    }
  }

  @Test
  void withoutTheModuleForSignalsAShutdownHookCancels() throws Exception {
    try (Child child = Child.ready("serve", "--limit-modules=java.base")) {
      child.send("TERM");
      child.expect("ended by the JVM's shutdown, null");
      child.assertEnds(TERM);
    }
  }

  /** Whichever of the two hooks is first. */
  @Test
  void withoutTheModuleForSignalsAnotherHookMayCloseTheContext() throws Exception {
    try (Child child = Child.ready("closed by a hook", "--limit-modules=java.base")) {
      child.send("TERM");
      child.assertEnds(TERM);
    }
  }

  @Test
  void withoutTheModuleForSignalsTheGracePeriodEndsTheProcess() throws Exception {
    try (Child child = Child.ready("grace", "--limit-modules=java.base")) {
      child.send("INT");
      child.expect("cancelled");
      child.assertEnds(INT);
      assertTrue(child.errors().startsWith("heddle: the program did not end in the grace period"));
    }
  }

  /** As in a container: the kernel gives process 1 only signals that it handles. */
  @ParameterizedTest
  @CsvSource({"serve, 0", "stuck, 143"})
  void processOneIsToldToo(String name, int status) throws Exception {
    List<String> contained = List.of("unshare", "--pid", "--fork", "--mount-proc");
    assumeTrue(canRun(contained), "SKIPPED: this user may not make a PID namespace");
    try (Child child = new Child(contained, List.of(), name)) {
      child.expect("ready");
      long one = child.process.children().findFirst().orElseThrow().pid();
      child.send("TERM", one);
      if (name.equals("stuck")) {
        child.expect("cancelled");
        child.send("TERM", one);
      } else {
        child.expect("ended by SIGTERM, SIGTERM");
      }
      child.assertEnds(status);
    }
  }

  private static boolean canRun(List<String> prefix) throws InterruptedException {
    List<String> command = new ArrayList<>(prefix);
    command.add("true");
    try {
      return new ProcessBuilder(command).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void closingItEndsIt() {
    ShutdownContext context = Context.untilShutdown();
    assertFalse(context.isDone());
    context.close();
    context.close();
    assertTrue(context.isDone());
    assertNull(context.signal());
    assertEquals(0, context.exitStatus());
    assertTrue(context.error() instanceof CancelledException);
    assertEquals("Context.background.withCancel.untilShutdown", context.toString());
  }
}
