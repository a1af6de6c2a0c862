package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The program NineFetches compares its six lines with others, of which one needs a preview of Java.
 * It is in a decision, and does what is said of it.
 */
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class StructuredFetchesTest {
  private static final Path DECISION =
      Path.of("..", "docs", "decisions", "051-a-group-ends-with-its-try.md");

  @TempDir private Path directory;

  @Test
  void theVersionWithAStructuredTaskScopeDoesTheSame() throws Exception {
    String text = Files.readString(DECISION);
    int start = text.indexOf("```java\nList<String> fetchAll") + "```java\n".length();
    String method = text.substring(start, text.indexOf("```", start));
    assertEquals(15, method.lines().count() - 2, "lines of its body");
    Path program = directory.resolve("Structured.java");
    Files.writeString(
        program,
        """
        import static java.time.Duration.ofSeconds;
        import java.util.concurrent.StructuredTaskScope.*;

        %s
        String fetch(URI uri) throws Exception {
          if (uri.getPath().equals("/x")) { throw new IOException("no such page"); }
          return "page " + uri.getPath();
        }

        void main() throws Exception {
          IO.println(fetchAll(List.of(URI.create("http://h/1"), URI.create("http://h/2"))));
          try {
            fetchAll(List.of(URI.create("http://h/x")));
          } catch (FailedException e) {
            IO.println(e.getCause().getMessage());
          }
        }
        """
            .formatted(method));
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-preview",
                "--source",
                "25",
                program.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(process.waitFor(200, TimeUnit.SECONDS), "did not end");
    } finally {
      process.destroyForcibly();
    }
    List<String> lines =
        Files.readAllLines(output).stream().filter(line -> !line.startsWith("Note:")).toList();
    assertEquals(List.of("[page /1, page /2]", "no such page"), lines);
  }
}
