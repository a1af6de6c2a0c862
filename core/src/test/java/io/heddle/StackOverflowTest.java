package io.heddle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An operation that overflows the stack has not happened, and what it was tried on still works. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class StackOverflowTest {
  /** More take longer: {@code -Dheddle.overflow.rounds=20}. */
  private static final String ROUNDS = System.getProperty("heddle.overflow.rounds", "2");

  /** The output of each child, by its options. */
  private static final Map<String, Future<String>> CHILDREN = new HashMap<>();

  private static final ExecutorService RUNNERS = Executors.newVirtualThreadPerTaskExecutor();

  /** Compiled code has other frames, and other checks, than the interpreter. */
  private static List<String> options() {
    return List.of(
        "-Dheddle.scheduler=heddle",
        "-Dheddle.scheduler=heddle -Xint",
        "-Dheddle.scheduler=jdk",
        "-Dheddle.scheduler=jdk -XX:TieredStopAtLevel=1 -Xss300k");
  }

  /** They wait for a part of their time, so all of them run at the same time. */
  @BeforeAll
  static void startChildren() {
    for (String options : options()) {
      CHILDREN.put(options, RUNNERS.submit(() -> run(options)));
    }
  }

  @AfterAll
  static void stopChildren() {
    RUNNERS.shutdownNow();
    RUNNERS.close();
  }

  private static String run(String options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--add-opens=java.base/java.lang=ALL-UNNAMED");
    command.add("-XX:MaxJavaStackTraceDepth=8"); // thousands of errors are thrown
    command.addAll(List.of("-XX:+UseSerialGC", "-Dheddle.leaks=off"));
    // On a busy machine a thread, interpreted, may be all that acts for longer than the note waits.
    command.add("-Dheddle.deadlock.note=off");
    command.addAll(List.of(options.split(" ", -1)));
    command.addAll(List.of("-cp", location(Go.class) + ":" + location(StackEdge.class)));
    command.addAll(List.of(StackEdge.class.getName(), ROUNDS));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      return new String(process.getInputStream().readAllBytes(), UTF_8);
    } finally {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @MethodSource("options")
  void everyOperationHasHappenedOrNotAtTheEndOfAStack(String options) throws Exception {
    String output = CHILDREN.get(options).get();
    assertTrue(output.matches("usable: \\d+ after [1-9]\\d* overflows\n"), output);
  }

  private static Path location(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
