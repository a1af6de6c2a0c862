package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** How a Java program ends that a goroutine's failure ends: seen from outside. */
@Timeout(value = 180, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PanicTest {
  private static final int PANIC = 2;

  @TempDir private Path directory;

  /** The result of a separate JVM. */
  private record Outcome(int status, String out, String err) {
    List<String> headers() {
      return err.lines().filter(line -> line.endsWith("]:")).toList();
    }
  }

  private Outcome java(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"));
    command.add(TestSupport.SAME_SCHEDULER);
    command.addAll(List.of("-cp", classPath(Go.class) + ":" + classPath(PanicTest.class)));
    command.addAll(List.of(arguments));
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      assertTrue(process.waitFor(120, TimeUnit.SECONDS), "the child does not end");
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(
        process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }

  private Outcome java(Class<?> main) throws IOException, InterruptedException {
    return java(main.getName());
  }

  /** The folder that a class was loaded from. */
  private static Path classPath(Class<?> type) throws IOException {
    String name = type.getSimpleName() + ".class";
    URL url = type.getResource(name);
    if (url == null) {
      throw new IOException("where is " + type);
    }
    try {
      Path path = Path.of(new URI(url.toString()));
      int packages = type.getPackageName().split("\\.").length;
      for (int i = 0; i <= packages; i++) {
        path = path.getParent();
      }
      return path;
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }

  /** Three goroutines, one of which fails. */
  static final class ThreeGoroutines {
    private ThreeGoroutines() {}

    public static void main(String[] arguments) throws Exception {
      run(() -> {
        Goroutine<?> sleeper = go("sleeper", () -> Thread.sleep(Duration.ofHours(1)));
        TestSupport.awaitBlocked(sleeper.thread());
        Goroutine<?> main = Program.current().goroutines().getFirst();
        go(() -> {
          TestSupport.awaitBlocked(main, "chan receive");
          throw new IllegalStateException("hello", new IOException("from below"));
        });
        Chan.never().receive();
      });
      IO.println("not reached");
    }
  }

  @Test
  void aFailurePrintsEveryGoroutineAndExitsWithStatusTwo() throws Exception {
    Outcome outcome = java(ThreeGoroutines.class);
    assertEquals(PANIC, outcome.status, outcome.err);
    assertEquals("", outcome.out);
    assertTrue(
        outcome.err.startsWith("panic: java.lang.IllegalStateException: hello\n\n"), outcome.err);
    assertEquals(
        List.of(
            "goroutine 3 [running]:",
            "goroutine 1 [chan receive]:",
            "goroutine 2 \"sleeper\" [waiting outside Heddle]:"),
        outcome.headers(),
        outcome.err);
    List<String> creators =
        outcome.err.lines().filter(line -> line.startsWith("created by ")).toList();
    assertEquals(3, creators.size(), outcome.err);
    assertTrue(creators.get(0).endsWith(" in goroutine 1"), outcome.err);
    assertTrue(creators.get(1).contains("ThreeGoroutines.main(PanicTest.java:"), outcome.err);
    assertFalse(creators.get(1).contains(" in goroutine "), outcome.err);
    assertTrue(creators.get(2).endsWith(" in goroutine 1"), outcome.err);
    assertTrue(outcome.err.contains("\tat java.base/java.lang.Thread.sleep("), outcome.err);
    assertTrue(outcome.err.contains("caused by java.io.IOException: from below\n"), outcome.err);
    assertTrue(outcome.err.endsWith("exit status 2\n"), outcome.err);
  }

  /** A group's task fails: what the group throws says nothing of where. */
  static final class GroupFails {
    private GroupFails() {}

    static int write(int free) throws IOException {
      if (free < 1) {
        throw new IOException("disk full");
      }
      return free;
    }

    public static void main(String[] arguments) throws Exception {
      run(() -> {
        TaskGroup<Void> group = new TaskGroup<>();
        group.go(() -> write(0));
        group.await();
      });
    }
  }

  @Test
  void theCauseOfAFailureIsPrintedWithItsStackBelowThatOfTheFailure() throws Exception {
    Outcome outcome = java(GroupFails.class);
    assertEquals(PANIC, outcome.status, outcome.err);
    List<String> lines = outcome.err.lines().toList();
    assertEquals(
        "panic: java.util.concurrent.ExecutionException: java.io.IOException: disk full",
        lines.getFirst(),
        outcome.err);
    int cause = lines.indexOf("caused by java.io.IOException: disk full");
    assertTrue(lines.get(cause - 1).startsWith("created by "), outcome.err);
    assertTrue(lines.get(cause + 1).contains("GroupFails.write(PanicTest.java:"), outcome.err);
    assertFalse(outcome.err.contains("io.heddle.Routine"), outcome.err);
    assertEquals(1, outcome.err.split("disk full\n", -1).length - 2, outcome.err);
    assertEquals("exit status 2", lines.getLast(), outcome.err);
  }

  /** Two goroutines fail, one because the other has ended the program. */
  static final class TwoFail {
    private TwoFail() {}

    public static void main(String[] arguments) throws Exception {
      run(() -> {
        go(() -> {
          throw new IOException("first");
        });
        try {
          Chan.never().receive();
        } catch (InterruptedException e) {
          throw new AssertionError("second");
        }
      });
    }
  }

  @Test
  void whatElseFailsIsPrintedToo() throws Exception {
    Outcome outcome = java(TwoFail.class);
    assertEquals(PANIC, outcome.status, outcome.err);
    assertTrue(outcome.err.startsWith("panic: java.io.IOException: first\n"), outcome.err);
    assertTrue(
        outcome.err.contains("\tsuppressed java.lang.AssertionError: second\n\t\tat "),
        outcome.err);
  }

  /** A main function that fails. */
  static final class MainFails {
    private MainFails() {}

    public static void main(String[] arguments) throws Exception {
      run(() -> {
        Chan<String> channel = Chan.unbuffered();
        channel.close();
        channel.close();
      });
    }
  }

  @Test
  void aMistakeInMainIsReportedOfGoroutineOne() throws Exception {
    Outcome outcome = java(MainFails.class);
    assertEquals(PANIC, outcome.status, outcome.err);
    assertTrue(
        outcome.err.startsWith(
            """
            panic: io.heddle.ChannelClosedException: close of closed channel

            goroutine 1 [running]:
            """),
        outcome.err);
  }

  /** A failure that is caught, and main continues. */
  static final class Caught {
    private Caught() {}

    public static void main(String[] arguments) throws Exception {
      try {
        MainFails.main(arguments);
      } catch (PanicException e) {
        IO.println("caught: " + e.getCause().getMessage());
      }
      if (arguments.length > 0) {
        throw new IllegalStateException("something else");
      }
    }
  }

  @Test
  void aPanicThatIsCaughtEndsNothing() throws Exception {
    Outcome outcome = java(Caught.class);
    assertEquals(0, outcome.status, outcome.err);
    assertEquals("caught: close of closed channel\n", outcome.out);
    assertEquals("", outcome.err);
  }

  @Test
  void aFailureWithoutAStackHasTheOthersInItsDump() {
    Chan<Integer> never = Chan.unbuffered();
    RuntimeException withoutStack =
        new RuntimeException() {
          @Override
          @SuppressWarnings("NullAway") // that is the point
          public StackTraceElement[] getStackTrace() {
            return null;
          }
        };
    PanicException e =
        assertThrows(
            PanicException.class,
            () ->
                Go.run(() -> {
                  Go.go(() -> {
                    throw withoutStack;
                  });
                  never.receive();
                }));
    assertEquals(withoutStack, e.getCause());
    assertTrue(e.goroutines().contains("goroutine 2 ["), e.goroutines());
    assertTrue(e.goroutines().contains("goroutine 1 ["), e.goroutines());
  }

  @Test
  void anotherExceptionLeavesMainAsInAnyJavaProgram() throws Exception {
    Outcome outcome = java(Caught.class.getName(), "throw");
    assertEquals(1, outcome.status, outcome.err);
    assertTrue(
        outcome.err.startsWith(
            "Exception in thread \"main\" java.lang.IllegalStateException: something else\n"),
        outcome.err);
  }

  /** A program with a handler of its own. */
  static final class OwnHandler {
    private OwnHandler() {}

    public static void main(String[] arguments) throws Exception {
      Thread.setDefaultUncaughtExceptionHandler(
          (thread, e) -> IO.println("handled " + e.getMessage()));
      MainFails.main(arguments);
    }
  }

  @Test
  void aHandlerOfTheProgramsOwnComesFirst() throws Exception {
    Outcome outcome = java(OwnHandler.class);
    assertEquals(1, outcome.status, outcome.err);
    assertTrue(outcome.out.startsWith("handled goroutine 1 failed: "), outcome.out);
    assertEquals("", outcome.err);
  }

  /** Main returns, with goroutines left. */
  static final class MainReturns {
    private MainReturns() {}

    public static void main(String[] arguments) throws Exception {
      run(() -> {
        Goroutine<?> left =
            go(() -> {
              try {
                Chan.never().receive();
              } finally {
                IO.println("finally");
              }
            });
        TestSupport.awaitBlocked(left, "chan receive");
        Chan<String> started = Chan.unbuffered();
        go(() -> {
          started.send("started");
          while (true) {
            Go.gosched();
          }
        });
        started.receive();
      });
      IO.println("end");
    }
  }

  @Test
  void theEndOfMainEndsTheProcessWhateverRuns() throws Exception {
    Outcome outcome = java(MainReturns.class);
    assertEquals(0, outcome.status, outcome.err);
    assertEquals("finally\nend\n", outcome.out);
    assertEquals("", outcome.err);
  }

  /** A goroutine outside of any program fails. */
  static final class NoProgram {
    private NoProgram() {}

    public static void main(String[] arguments) throws Exception {
      go(
              "lonely",
              () -> {
                throw new IllegalStateException("nobody waits for this");
              })
          .join();
      IO.println("goes on");
    }
  }

  @Test
  void aFailureOutsideOfAnyProgramIsPrinted() throws Exception {
    assertPrinted(NoProgram.class, "java.lang.IllegalStateException: nobody waits for this");
  }

  private void assertPrinted(Class<?> program, String failure) throws Exception {
    Outcome outcome = java(program);
    assertEquals(0, outcome.status, outcome.err);
    assertEquals("goes on\n", outcome.out);
    assertTrue(
        outcome.err.matches(
            "(?s)Exception in goroutine [0-9]+ \"lonely\" \\[running]: "
                + failure
                + "\n\tat .*\ncreated by [^\n]*"
                + program.getSimpleName()
                + ".main[^\n]*\n"),
        outcome.err);
  }

  /** A goroutine outside of any program fails with what does not tell its stack. */
  static final class NoStack {
    private NoStack() {}

    public static void main(String[] arguments) throws Exception {
      go(
              "lonely",
              () -> {
                throw new IllegalStateException("no stack") {
                  @Override
                  public StackTraceElement[] getStackTrace() {
                    return null;
                  }
                };
              })
          .join();
      IO.println("goes on");
    }
  }

  @Test
  void aFailureOutsideOfAnyProgramIsPrintedWhateverItsStackIsSaidToBe() throws Exception {
    assertPrinted(NoStack.class, "[^\n]*NoStack[^\n]*: no stack");
  }

  @Test
  void aSourceFileThatIsLaunchedDirectlyEndsTheSameWay() throws Exception {
    Path source = directory.resolve("Boom.java");
    Files.writeString(
        source,
        """
        import static io.heddle.Go.*;
        import io.heddle.*;

        void main() throws Exception {
          run(() -> {
            go(() -> { throw new IllegalStateException("boom"); });
            Chan.never().receive();
          });
        }
        """);
    Outcome outcome = java(source.toString());
    assertEquals(PANIC, outcome.status, outcome.err);
    assertTrue(
        outcome.err.startsWith(
            "panic: java.lang.IllegalStateException: boom\n\ngoroutine 2 [running]:\n"),
        outcome.err);
    assertTrue(outcome.err.contains("created by Boom.lambda$main$"), outcome.err);
    assertTrue(outcome.err.contains("(Boom.java:6) in goroutine 1\n"), outcome.err);
    assertTrue(outcome.err.endsWith("exit status 2\n"), outcome.err);
  }

  @Test
  void aNullTaskIsAMistakeOfItsStarter() throws Exception {
    Path source = directory.resolve("GoNull.java");
    Files.writeString(
        source,
        """
        import static io.heddle.Go.*;
        import io.heddle.*;

        void main() throws Exception {
          Task task = null;
          run(() -> go(task));
        }
        """);
    Outcome outcome = java(source.toString());
    assertEquals(PANIC, outcome.status, outcome.err);
    assertTrue(
        outcome.err.startsWith("panic: java.lang.NullPointerException: go of a null task\n"),
        outcome.err);
    assertTrue(outcome.err.contains("goroutine 1 [running]:\n"), outcome.err);
  }
}
