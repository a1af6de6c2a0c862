package io.heddle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a JVM of its own is needed for: its memory, and its options. */
@Timeout(300)
@Tag("system")
@Tag("slow")
final class LeakHeapTest {
  private static final String OPEN = "--add-opens=java.base/java.lang=ALL-UNNAMED";

  /** A quarter of all: a heap of 96 MB can hold so many for a while, but not twice as many. */
  private static final int BATCH = 25_000;

  private static final int BATCHES = 4;

  /** Lets goroutines leak, in a JVM that has not got the memory for all of them. */
  static final class Leaker {
    private Leaker() {}

    public static void main(String[] arguments) {
      if (!Leaks.areSearched()) {
        IO.println("leaks " + Leaks.found()); // which logs why
        return;
      }
      List<String> heaps = new ArrayList<>();
      for (int batch = 1; batch <= BATCHES; batch++) {
        for (int i = 0; i < BATCH; i++) {
          leak();
        }
        while (found() < (long) batch * BATCH) {
          LockSupport.parkNanos(50_000_000);
          System.gc();
        }
        Runtime runtime = Runtime.getRuntime();
        heaps.add(String.valueOf((runtime.totalMemory() - runtime.freeMemory()) >> 20));
      }
      IO.println("found " + found() + ", left " + Goroutines.count());
      IO.println("heap " + String.join(" ", heaps));
    }

    private static void leak() {
      Chan<Integer> results = Chan.unbuffered();
      Go.go(() -> results.send(1));
    }

    private static long found() {
      return Leaks.found().stream().mapToLong(Leak::count).sum();
    }
  }

  /**
   * The output of each JVM that leaks. They wait most of their time, so both run at the same time.
   */
  private static final Map<String, Future<List<String>>> LEAKERS = new HashMap<>();

  private static final ExecutorService RUNNERS = Executors.newVirtualThreadPerTaskExecutor();

  @BeforeAll
  static void startLeakers() {
    for (String scheduler : List.of("heddle", "jdk")) {
      String flag = scheduler.equals("heddle") ? OPEN : "-Djdk.trackAllThreads=false";
      LEAKERS.put(
          scheduler, RUNNERS.submit(() -> run("-Xmx96m", flag, "-Dheddle.scheduler=" + scheduler)));
    }
  }

  @AfterAll
  static void stopLeakers() {
    RUNNERS.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"heddle", "jdk"})
  void theMemoryOfAHundredThousandLeaksIsReclaimed(String scheduler) throws Exception {
    List<String> lines = LEAKERS.get(scheduler).get();
    assertTrue(lines.contains("found 100000, left 0"), lines::toString);
    String heap = lines.stream().filter(line -> line.startsWith("heap ")).findFirst().orElseThrow();
    for (String megabytes : heap.substring(5).split(" ", -1)) {
      assertTrue(Integer.parseInt(megabytes) < 15, () -> "it grows, in MB: " + heap);
    }
  }

  @Test
  void withoutTheMeansItSaysWhatToDo() throws Exception {
    String all = String.join("\n", run());
    assertTrue(
        all.contains(
            "there is no search for leaks: the JDK holds on to all virtual threads: start java with"
                + " --add-opens java.base/java.lang=ALL-UNNAMED, or with"
                + " -Djdk.trackAllThreads=false"),
        all);
  }

  @Test
  void itCanBeTurnedOff() throws Exception {
    String all = String.join("\n", run(OPEN, "-Dheddle.leaks=off"));
    assertTrue(all.contains("there is no search for leaks: heddle.leaks=off"), all);
  }

  @Test
  void aWrongChoiceIsRefused() throws Exception {
    String all = String.join("\n", run(OPEN, "-Dheddle.leaks=on"));
    assertTrue(all.contains("heddle.leaks=on: use report or off"), all);
  }

  private static Path location(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static List<String> run(String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of(options));
    command.addAll(
        List.of("-cp", location(Go.class) + ":" + location(Leaker.class), Leaker.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      List<String> lines = process.inputReader(UTF_8).lines().toList();
      assertEquals(lines.toString().contains("Exception") ? 1 : 0, process.waitFor());
      return lines;
    } finally {
      process.destroyForcibly();
    }
  }
}
