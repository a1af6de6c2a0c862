package io.heddle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.heddle.spi.ContextPropagator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** Propagators on a class path, some of which misbehave. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class ContextPropagatorTest {
  @TempDir Path folder;

  /** The standard output of a main class, whose standard error ends up there too. */
  private List<String> run(Class<?> main, String... propagators) throws Exception {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.write(services.resolve(ContextPropagator.class.getName()), List.of(propagators));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                DiagnosisTest.location(Go.class)
                    + ":"
                    + DiagnosisTest.location(main)
                    + ":"
                    + folder,
                main.getName())
            .redirectErrorStream(true)
            .start();
    List<String> lines = new ArrayList<>(process.inputReader(UTF_8).readAllLines());
    lines.add("exit " + process.waitFor());
    return lines;
  }

  private static List<String> warnings(List<String> lines) {
    return lines.stream().filter(line -> line.startsWith("WARNING: ")).toList();
  }

  private static List<String> printed(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith("> ") || line.startsWith("exit "))
        .toList();
  }

  private static String name(Class<?> type) {
    return type.getName();
  }

  @Test
  void whatIsCapturedIsRestoredInTheGoroutineAndClearedInTheOppositeOrder() throws Exception {
    assertEquals(
        List.of("> first", "> second", "> task", "> second over", "> first over", "exit 0"),
        printed(run(Main.class, name(First.class), name(Second.class))));
  }

  @Test
  void aPropagatorThatFailsIsReportedOnceAndHarmsNobody() throws Exception {
    List<String> lines =
        run(
            Thousand.class,
            name(NoConstructor.class),
            name(FailsHostilely.class),
            "no.such.Propagator",
            name(FailsToCapture.class),
            name(First.class),
            name(FailsToRestore.class),
            name(RestoresNothing.class),
            name(FailsToClose.class));
    assertEquals(List.of("> first 1000, over 1000", "exit 0"), printed(lines), lines::toString);
    assertEquals(7, warnings(lines).size(), lines::toString);
  }

  @Test
  void aCloseAfterATaskThatFailedHappensToo() throws Exception {
    List<String> lines = run(Fails.class, name(First.class));
    assertFalse(lines.toString().contains("Propagation"), "the machinery is not in the trace");
    assertEquals(
        List.of("> first", "> first over", "exit status 2", "exit 2"),
        printed(lines),
        lines::toString);
  }

  @Test
  void theTasksOfAGroupInheritAndTheGroupEnds() throws Exception {
    assertEquals(
        List.of("> [1, 2], first 3, over 3", "exit 0"),
        printed(run(InGroup.class, name(First.class))));
  }

  private static void print(String line) {
    System.out.println("> " + line);
  }

  /** Starts one goroutine. */
  public static final class Main {
    private Main() {}

    public static void main(String... args) throws InterruptedException {
      Go.go(() -> print("task")).join();
    }
  }

  /** Starts a thousand. */
  public static final class Thousand {
    private Thousand() {}

    public static void main(String... args) throws InterruptedException {
      First.quiet = true;
      for (int i = 0; i < 1000; i++) {
        Go.go(() -> {}).join();
      }
      print("first " + First.restored + ", over " + First.closed);
    }
  }

  /** Starts two tasks with a result and one without, of a group. */
  public static final class InGroup {
    private InGroup() {}

    public static void main(String... args) throws Exception {
      First.quiet = true;
      try (TaskGroup<Integer> group = new TaskGroup<Integer>().limit(1)) {
        group.go(() -> 1);
        group.go(() -> {});
        group.go(() -> 2);
        print(group.await() + ", first " + First.restored + ", over " + First.closed);
      }
    }
  }

  /** Its goroutine fails. */
  public static final class Fails {
    private Fails() {}

    public static void main(String... args) throws InterruptedException {
      Go.run(() -> {
        throw new IllegalStateException("as it does");
      });
    }
  }

  /** Works. */
  public static class First implements ContextPropagator {
    static boolean quiet;
    static int restored;
    static int closed;

    @Override
    public Snapshot capture() {
      Thread creator = Thread.currentThread();
      return () -> {
        if (Thread.currentThread() == creator) {
          throw new AssertionError("restored where it was captured");
        }
        restored++;
        say("first");
        return () -> {
          closed++;
          say("first over");
        };
      };
    }

    private static void say(String line) {
      if (!quiet) {
        print(line);
      }
    }
  }

  /** Works, too. */
  public static final class Second implements ContextPropagator {
    @Override
    public Snapshot capture() {
      return () -> {
        print("second");
        return () -> print("second over");
      };
    }
  }

  /** Cannot be made. */
  public static final class NoConstructor implements ContextPropagator {
    @SuppressWarnings("unused")
    public NoConstructor(int unexpected) {}

    @Override
    public @Nullable Snapshot capture() {
      return null;
    }
  }

  /** Throws what cannot be printed. */
  public static final class FailsHostilely implements ContextPropagator {
    @Override
    public Snapshot capture() {
      throw new HostileFailureTest.Hostile();
    }
  }

  /** Throws. */
  public static final class FailsToCapture implements ContextPropagator {
    @Override
    public Snapshot capture() {
      throw new IllegalStateException("capture");
    }
  }

  /** Throws later. */
  public static final class FailsToRestore implements ContextPropagator {
    @Override
    public Snapshot capture() {
      return () -> {
        throw new LinkageError("restore");
      };
    }
  }

  /** Does not keep its contract. */
  public static final class RestoresNothing implements ContextPropagator {
    @Override
    @SuppressWarnings("NullAway")
    public Snapshot capture() {
      return () -> null;
    }
  }

  /** Throws last. */
  public static final class FailsToClose implements ContextPropagator {
    @Override
    public Snapshot capture() {
      return () ->
          () -> {
            throw new IllegalStateException("close");
          };
    }
  }
}
