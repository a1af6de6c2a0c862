package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.tour.Runner.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("system")
@Tag("slow")
final class ProgramsTest {
  private static final Path SOURCES = Path.of("programs");
  private static final Path ORIGINALS = Path.of("../site/go");

  @TestFactory
  Stream<DynamicTest> everyProgramPassesAndNoLineOfItIsLeftToChance() {
    return Programs.list().stream()
        .map(program -> DynamicTest.dynamicTest(program.name(), () -> run(program)));
  }

  /**
   * The programs' classes lie in the tour's jar without a package: there they would win over {@code
   * import io.heddle.*} of any program with the jar on the class path.
   */
  @Test
  void noProgramHidesATypeOfTheLibrary() {
    for (TourProgram program : Programs.list()) {
      for (String name : List.of("io.heddle", "io.heddle.flow", "io.heddle.rate")) {
        assertThrows(
            ClassNotFoundException.class, () -> Class.forName(name + "." + program.name()));
      }
    }
  }

  @Test
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void everyProgramPassesInVirtualTime() throws Exception {
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    Tour tour = new Tour(new PrintStream(shown, false, StandardCharsets.UTF_8), false).virtual();
    int status = tour.run(List.of());
    String text = shown.toString(StandardCharsets.UTF_8);
    assertEquals(0, status, text);
    assertTrue(text.contains("ok in 2.000 s of virtual time"), text);
    assertTrue(text.contains("ok in 4.000 s of virtual time"), text);
  }

  private static void run(TourProgram program) throws Exception {
    Runner runner = new Runner(Duration.ofSeconds(60), Duration.ofSeconds(10));
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    Outcome outcome = runner.run(program.name(), Runner.mainOf(program), nowhere);

    assertEquals("", String.join("\n", Tour.complaints(program, outcome)));

    List<String> lines = outcome.output().lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      List<String> tooLittle = new ArrayList<>(lines);
      String line = tooLittle.remove(i);
      assertNotNull(program.prints().complaint(tooLittle), () -> "accepted without " + line);
      List<String> tooMuch = new ArrayList<>(lines);
      tooMuch.add(i, line);
      assertNotNull(program.prints().complaint(tooMuch), () -> "accepted twice " + line);
    }
  }

  @Test
  void everySourceIsInTheTableAndTheOtherWayRound() throws Exception {
    List<String> expected =
        Programs.list().stream().map(program -> program.name() + ".java").sorted().toList();
    try (Stream<Path> files = Files.list(SOURCES)) {
      assertEquals(expected, files.map(file -> file.getFileName().toString()).sorted().toList());
    }
    assertEquals(expected, expected.stream().distinct().toList());
  }

  @Test
  void everyProgramHasAnOriginalInGo() {
    for (TourProgram program : Programs.list()) {
      assertTrue(Files.exists(ORIGINALS.resolve(program.name() + ".go")), program.name());
    }
  }

  /**
   * The longest two; {@code ./heddle docs --check} runs all. Each takes a few tenths of a second,
   * once Go's cache has the standard library.
   */
  @ParameterizedTest
  @ValueSource(strings = {"Crawler.go", "Pipelines.go"})
  void theOriginalsInGoPrintTheSame(String file) throws Exception {
    runGo(file);
  }

  private static void runGo(String file) throws Exception {
    TourProgram program =
        Programs.list().stream()
            .filter(other -> file.equals(other.name() + ".go"))
            .findFirst()
            .orElseThrow();
    Process go;
    try {
      go =
          new ProcessBuilder("go", "run", file)
              .directory(ORIGINALS.toFile())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      String message = "SKIPPED: the tour's originals in Go do not run: install Go 1.22 or newer";
      System.err.println(message);
      Assumptions.abort(message);
      return;
    }
    String output = new String(go.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, go.waitFor(), output);
    Path own = ORIGINALS.resolve(program.name() + ".txt"); // where it prints something else
    if (Files.exists(own)) {
      assertEquals(Files.readString(own), output);
    } else {
      assertNull(program.prints().complaint(output.lines().toList()), output);
    }
  }

  @Test
  void aSourceIsPackaged() throws Exception {
    assertEquals(
        Files.readString(SOURCES.resolve("SelectLoops.java")), Tour.source("select-loops"));
  }
}
