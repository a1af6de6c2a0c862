package io.heddle.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jetbrains.kotlin.cli.common.ExitCode;
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Heddle from Kotlin: the sample compiles and runs, and the compiler knows what may be null. */
@Timeout(300)
@Tag("system")
@Tag("slow")
final class KotlinTest {
  private static final Pattern ERROR_AT = Pattern.compile("\\.kt:(\\d+):\\d+: error: ");

  @TempDir private Path classes;

  private record Compilation(ExitCode exit, String messages) {}

  /**
   * What is there of the class path: the compiler warns of this module's classes, as it has none.
   */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> Files.exists(Path.of(entry)))
        .collect(joining(File.pathSeparator));
  }

  /** Compiles with the compiler's defaults: nullness errors need no option. */
  private Compilation compile(Path source, String... options) {
    ByteArrayOutputStream messages = new ByteArrayOutputStream();
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.addAll(
        List.of(
            "-no-stdlib",
            "-no-reflect",
            "-jvm-target",
            "25",
            "-classpath",
            classPath(),
            "-d",
            classes.toString(),
            source.toString()));
    ExitCode exit =
        new K2JVMCompiler()
            .exec(new PrintStream(messages, true, UTF_8), arguments.toArray(String[]::new));
    return new Compilation(exit, messages.toString(UTF_8));
  }

  @Test
  void theSampleCompilesWithoutWarningsAndRuns() throws Exception {
    Compilation compilation = compile(Path.of("kotlin", "Goroutines.kt"), "-Werror");
    assertEquals(ExitCode.OK, compilation.exit(), compilation.messages());
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classes + File.pathSeparator + classPath(),
                "GoroutinesKt")
            .redirectErrorStream(true)
            .start();
    String output = new String(program.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, program.waitFor(), output);
    assertEquals(
        """
        squares: 1, 4, 9, 16, 25
        received: one
        select: in time
        workers: 1, 2, 3
        lengths: [2, 6, 6]
        failed: no such page
        coroutine: from a goroutine
        goroutine: from a coroutine
        """,
        output);
  }

  @Test
  void theCompilerKnowsWhatMayBeNull() throws Exception {
    Path source = Path.of("src", "test", "resources", "Nullness.kt");
    List<String> lines = Files.readAllLines(source);
    Set<Integer> marked =
        IntStream.rangeClosed(1, lines.size())
            .filter(line -> lines.get(line - 1).endsWith("// ERROR"))
            .boxed()
            .collect(toCollection(TreeSet::new));
    Compilation compilation = compile(source);
    Set<Integer> found =
        ERROR_AT
            .matcher(compilation.messages())
            .results()
            .map(error -> Integer.valueOf(error.group(1)))
            .collect(toCollection(TreeSet::new));
    assertEquals(marked, found, compilation.messages());
    assertEquals(ExitCode.COMPILATION_ERROR, compilation.exit());
  }
}
