package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The programs in the README run as they stand there, and print what stands below them. */
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class ReadmeTest {
  /** A Java block with a main method, up to the next heading, and the text block right after it. */
  private static final Pattern EXAMPLE =
      Pattern.compile(
          "```java\\R(?<source>(?:(?!```).)*)```\\R\\R```text\\R(?<output>.*?)```", Pattern.DOTALL);

  private static final Pattern PROGRAM =
      Pattern.compile("```java\\R(?:(?!```).)*void main\\b", Pattern.DOTALL);

  @TempDir private Path directory;

  record Example(String source, String output) {
    @Override
    public String toString() {
      return output.strip();
    }
  }

  static List<Example> examples() throws Exception {
    String text = Files.readString(Path.of("..", "README.md"));
    List<MatchResult> found = EXAMPLE.matcher(text).results().toList();
    assertEquals(
        PROGRAM.matcher(text).results().count(),
        found.size(),
        "each Java block with a main method is followed by a text block with its output");
    return found.stream()
        .map(match -> new Example(match.group("source"), match.group("output")))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void anExamplePrintsWhatTheReadmeSays(Example example) throws Exception {
    Path program = Files.writeString(directory.resolve("Hello.java"), example.source());
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--class-path",
                locationOf(Chan.class) + File.pathSeparator + locationOf(Nullable.class),
                program.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(process.waitFor(200, TimeUnit.SECONDS), "did not end");
    } finally {
      process.destroyForcibly();
    }
    assertEquals(example.output(), Files.readString(output));
    assertEquals(0, process.exitValue());
  }

  private static String locationOf(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }
}
