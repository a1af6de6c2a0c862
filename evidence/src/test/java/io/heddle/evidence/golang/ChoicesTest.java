package io.heddle.evidence.golang;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a select of Go's chooses among its cases with equal probability, one of Heddle's does. */
@Tag("system")
@Tag("slow")
final class ChoicesTest {
  /** The probability that the judgement of one run of all programs is wrong about fair choices. */
  private static final double FALSE_ALARM = 1e-12;

  @TempDir private Path folder;

  @Test
  void goAndHeddleChooseEachCaseAsOftenAsTheOthers() throws Exception {
    if (!Comparison.isGoInstalled()) {
      String message = "SKIPPED: no choices are compared with Go's: install Go 1.22 or newer";
      System.err.println(message);
      Assumptions.abort(message);
    }
    Path source = folder.resolve("choices.go");
    Files.writeString(source, Choices.SOURCE);
    Map<String, int[]> gos = counts("go", "run", source.toString());
    assertTrue(gos.size() > 5, gos::toString);
    assertFair("Go", gos);
    for (String scheduler : List.of("heddle", "jdk")) {
      Map<String, int[]> heddles = counts(Comparison.jvm(scheduler, Choices.class));
      assertEquals(gos.keySet(), heddles.keySet());
      assertFair(scheduler, heddles);
    }
  }

  @Test
  void aPreferenceIsFound() {
    int often = Choices.ROUNDS * 7 / 10;
    Map<String, int[]> counts = Map.of("biased", new int[] {often, Choices.ROUNDS - often});
    assertThrows(AssertionError.class, () -> assertFair("planted", counts));
  }

  /** By Hoeffding's inequality, as each round of a program chooses independently. */
  private static void assertFair(String who, Map<String, int[]> programs) {
    int checks = programs.values().stream().mapToInt(counts -> counts.length).sum();
    double tolerance = Math.sqrt(Choices.ROUNDS * Math.log(2 * checks / FALSE_ALARM) / 2);
    programs.forEach((name, counts) -> {
      assertEquals(Choices.ROUNDS, Arrays.stream(counts).sum(), name);
      double expected = (double) Choices.ROUNDS / counts.length;
      for (int count : counts) {
        assertTrue(
            Math.abs(count - expected) <= tolerance,
            () -> who + ", " + name + ": " + Arrays.toString(counts));
      }
    });
  }

  private Map<String, int[]> counts(String... command) throws IOException, InterruptedException {
    return counts(List.of(command));
  }

  private Map<String, int[]> counts(List<String> command) throws IOException, InterruptedException {
    Path errors = folder.resolve("errors.txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().putAll(Map.of("GOTOOLCHAIN", "local", "GOFLAGS", "", "GOWORK", "off"));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), () -> output + read(errors));
    Map<String, int[]> counts = new LinkedHashMap<>();
    for (String line : output.lines().toList()) {
      String[] words = line.split(" +");
      int[] numbers = Arrays.stream(words).skip(1).mapToInt(Integer::parseInt).toArray();
      counts.put(words[0], numbers);
    }
    return counts;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
