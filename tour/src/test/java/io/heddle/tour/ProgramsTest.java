package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import io.heddle.Go;
import io.heddle.http.HttpServer;
import io.heddle.orders.queue.Queue;
import io.heddle.purge.engine.Purge;
import io.heddle.terminal.Terminal;
import io.heddle.tour.Runner.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.File;
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
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("system")
@Tag("slow")
final class ProgramsTest {
  private static final Path SOURCES = Path.of("programs");

  @TestFactory
  Stream<DynamicTest> everyProgramPassesAndNoLineOfItIsLeftToChance() {
    return Programs.list().stream()
        .map(program -> DynamicTest.dynamicTest(program.name(), () -> run(program)));
  }

  /**
   * The programs' classes lie in the tour's jar without a package: there they would win over {@code
   * import io.heddle.*} of anybody who has the jar on the class path.
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
  void everySourceCompiles(@TempDir Path classes) throws Exception {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    try (StandardJavaFileManager files =
            compiler.getStandardFileManager(diagnostics, null, StandardCharsets.UTF_8);
        Stream<Path> sources = Files.list(SOURCES)) {
      List<String> options =
          List.of("-cp", libraries(), "-d", classes.toString(), "-proc:none", "-Xlint:all");
      assertTrue(
          compiler
              .getTask(
                  null, files, diagnostics, options, null, files.getJavaFileObjects(paths(sources)))
              .call(),
          () -> diagnostics.getDiagnostics().toString());
    }
    assertEquals(List.of(), diagnostics.getDiagnostics());
  }

  private static Path[] paths(Stream<Path> sources) {
    return sources.toArray(Path[]::new);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Channels", "SelectLoops", "BulkDeleteKeepGoing", "PurgeStore"})
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void aProgramRunsAsASourceFile(String name, @TempDir Path directory) throws Exception {
    Path output = directory.resolve("output");
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                libraries(),
                SOURCES.resolve(name + ".java").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD) // where a spinner is
            .redirectOutput(output.toFile())
            .start();
    try {
      int status = java.waitFor();
      List<String> lines = Files.readAllLines(output);
      assertEquals(0, status, lines::toString);
      TourProgram program =
          Programs.list().stream()
              .filter(candidate -> candidate.name().equals(name))
              .findFirst()
              .orElseThrow();
      assertEquals(null, program.prints().complaint(lines));
    } finally {
      java.destroyForcibly();
    }
  }

  @Test
  void aSourceIsPackaged() throws Exception {
    assertEquals(
        Files.readString(SOURCES.resolve("SelectLoops.java")), Tour.source("select-loops"));
  }

  /** What the documentation puts on the class path: the command's libraries. */
  private static String libraries() throws Exception {
    return String.join(
        File.pathSeparator,
        locationOf(Go.class),
        locationOf(Tour.class),
        locationOf(Terminal.class),
        locationOf(HttpServer.class),
        locationOf(Purge.class),
        locationOf(Queue.class),
        locationOf(Gson.class),
        locationOf(Nullable.class));
  }

  private static String locationOf(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }
}
