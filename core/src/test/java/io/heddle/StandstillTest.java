package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.DeadlockTest.Scheduler;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Beside threads that may do anything, what is certain is reported, and nothing else is. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class StandstillTest {
  /** They wait most of their time, so several run at the same time. */
  private static final int AT_A_TIME = 10;

  private static final ExecutorService RUNNERS = Executors.newFixedThreadPool(AT_A_TIME);

  /** The output of each child. */
  private static final Map<String, Future<List<String>>> CHILDREN = new HashMap<>();

  @BeforeAll
  static void startChildren() {
    start("HEDDLE stuck 1", Scheduler.HEDDLE, 1, "stuck");
    start("HEDDLE stuck 4", Scheduler.HEDDLE, 4, "stuck");
    start("JDK stuck 2", Scheduler.JDK, 2, "stuck");
    for (Scheduler scheduler : Scheduler.values()) {
      start(scheduler + " locks", scheduler, 2, "locks");
      for (int parallelism : List.of(1, 4)) {
        start(scheduler + " seeming " + parallelism, scheduler, parallelism, "seeming");
      }
      for (String cases : List.of("note", "partial", "leaks")) {
        start(scheduler + " " + cases, () -> DeadlockTest.output(scheduler, List.of(), cases));
      }
    }
    List<String> off = List.of("-Dheddle.deadlock.note=off");
    start("no note", () -> DeadlockTest.output(Scheduler.JDK, off, "note"));
  }

  private static void start(String name, Scheduler scheduler, int parallelism, String cases) {
    List<String> options =
        List.of(
            "-Dheddle.parallelism=" + parallelism,
            "-Djdk.virtualThreadScheduler.parallelism=" + parallelism);
    start(name, () -> DeadlockTest.launch(scheduler, options, cases));
  }

  private static void start(String name, Callable<List<String>> child) {
    CHILDREN.put(name, RUNNERS.submit(child));
  }

  private static List<String> child(String name) throws Exception {
    return Objects.requireNonNull(CHILDREN.get(name), name).get();
  }

  @AfterAll
  static void stopChildren() {
    RUNNERS.shutdownNow();
    RUNNERS.close();
  }

  /** Without the option the JDK keeps all goroutines reachable, so only locks show anything. */
  @ParameterizedTest
  @CsvSource({"HEDDLE stuck 1", "HEDDLE stuck 4", "JDK stuck 2"})
  void aDeadlockBesideThreadsThatCannotWakeAnybodyIsReported(String child) throws Exception {
    assertEquals(
        List.of(
            "beside an HTTP client: goroutine 1 [chan receive]:",
            "beside an HTTP server: goroutine 1 [chan receive]:",
            "beside an executor with a schedule: goroutine 1 [chan receive]:",
            "beside a driver that cleans up: goroutine 1 [chan receive]:",
            "beside a task of the common pool: goroutine 1 [chan receive]:",
            "beside a busy thread: goroutine 1 [chan receive]:",
            "several beside an HTTP client: goroutine 1 [WaitGroup.await]:"
                + " goroutine 2 [chan receive]: goroutine 3 [chan receive]:",
            "a circle of locks of its own: goroutine 1 [WaitGroup.await]:"
                + " goroutine 2 [Mutex.lock, held by goroutine 3]:"
                + " goroutine 3 [Mutex.lock, held by goroutine 2]:"),
        child(child));
  }

  @ParameterizedTest
  @EnumSource
  void aCircleOfLocksThatEverybodyCanReachIsReported(Scheduler scheduler) throws Exception {
    String two =
        "goroutine 2 [Mutex.lock, held by goroutine 3]:"
            + " goroutine 3 [Mutex.lock, held by goroutine 2]:";
    assertEquals(
        List.of(
            "circle of 2: goroutine 1 [Goroutine.join]: " + two,
            "circle of 3: goroutine 1 [Goroutine.join]:"
                + " goroutine 2 [Mutex.lock, held by goroutine 3]:"
                + " goroutine 3 [Mutex.lock, held by goroutine 4]:"
                + " goroutine 4 [Mutex.lock, held by goroutine 2]:",
            "circle of read-write locks: goroutine 1 [Goroutine.join]:"
                + " goroutine 2 [RWMutex.lock, held by goroutine 3]:"
                + " goroutine 3 [RWMutex.lock, held by goroutine 2]:",
            "main in the circle: goroutine 1 [Mutex.lock, held by goroutine 2]:"
                + " goroutine 2 [Mutex.lock, held by goroutine 1]:",
            "circle with a reader: goroutine 1 [Mutex.lock, held by goroutine 2]:"
                + " goroutine 2 [RWMutex.reading().lock, held by goroutine 1]:",
            "circle with one that reads: goroutine 1 [Mutex.lock, held by goroutine 2]:"
                + " goroutine 2 [RWMutex.lock, held by a reader: goroutine 1]:",
            "circle of one that reads twice:"
                + " goroutine 1 [RWMutex.reading().lock, held by a reader: goroutine 1]:"
                + " goroutine 2 [RWMutex.lock, held by a reader: goroutine 1]:",
            "main behind the circle: goroutine 1 [Mutex.lock, held by goroutine 3]: " + two),
        child(scheduler + " locks"));
  }

  @ParameterizedTest
  @CsvSource({"HEDDLE, 1", "HEDDLE, 4", "JDK, 1", "JDK, 4", "JDK_BY_ITSELF, 1", "JDK_BY_ITSELF, 4"})
  void whatOnlyLooksStuckIsNotReported(Scheduler scheduler, int parallelism) throws Exception {
    List<String> expected =
        StuckCases.seeming().keySet().stream().map(name -> name + ": ended").toList();
    assertEquals(expected, child(scheduler + " seeming " + parallelism));
  }

  @ParameterizedTest
  @EnumSource
  void aNoteNamesOnceTheThreadsThatKeepFromDeciding(Scheduler scheduler) throws Exception {
    List<String> lines = child(scheduler + " note");
    assertEquals(2, lines.stream().filter("late"::equals).count(), lines::toString);
    List<String> named =
        lines.stream().filter(line -> line.contains("\"outside thread\" [")).toList();
    assertEquals(1, named.size(), lines::toString);
    assertTrue(named.getFirst().contains("] at io.heddle."), named::toString);
    assertEquals(
        1, lines.stream().filter(line -> line.startsWith("heddle: ")).count(), lines::toString);
  }

  @Test
  void theNoteCanBeTurnedOff() throws Exception {
    assertEquals(List.of("late", "late"), child("no note"));
  }

  @ParameterizedTest
  @EnumSource
  void aProgramThatGoesOnBesideACircleOfLocksIsWarned(Scheduler scheduler) throws Exception {
    List<String> lines = child(scheduler + " partial");
    assertTrue(lines.contains("2 goroutines wait for each other's locks"), lines::toString);
    assertEquals(
        List.of(
            "goroutine 2 [Mutex.lock, held by goroutine 3]:",
            "goroutine 3 [Mutex.lock, held by goroutine 2]:"),
        lines.stream().filter(line -> line.startsWith("goroutine ")).sorted().toList());
  }

  @ParameterizedTest
  @EnumSource
  void leaksHaveTheSameShapeWhetherTheyAreSearchedForOrNot(Scheduler scheduler) throws Exception {
    boolean isOpen = scheduler != Scheduler.JDK_BY_ITSELF;
    List<String> lines = child(scheduler + " leaks");
    assertTrue(lines.contains("searched: " + isOpen), lines::toString);
    assertTrue(lines.contains("found: [][]"), lines::toString);
    assertEquals(
        isOpen ? 0 : 1,
        lines.stream().filter(line -> line.contains("no search for leaks")).count(),
        lines::toString);
  }
}
