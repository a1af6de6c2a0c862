package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The programs in the README and in the pages of docs run as printed, and print what follows. */
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class PagesTest {
  @TempDir private Path directory;

  static Stream<Arguments> programs() throws IOException {
    return Page.all().stream()
        .flatMap(page ->
            page.blocks().stream()
                .filter(Page.Block::isProgram)
                .map(block -> Arguments.of(page, block)));
  }

  @Test
  void thereAreProgramsInTheReadmeAndInDocs() throws IOException {
    List<String> pages = programs().map(program -> program.get()[0].toString()).toList();
    assertTrue(pages.contains("README.md"), pages::toString);
    assertTrue(pages.stream().anyMatch(page -> page.startsWith("docs")), pages::toString);
  }

  @Test
  void theReadmeIsShortAndHasOnePicture() throws IOException {
    String readme = Files.readString(Page.ROOT.resolve("README.md"));
    assertTrue(readme.lines().count() <= 120, "README.md has more than 120 lines");
    assertEquals(2, readme.split("!\\[", -1).length, "README.md must have one picture");
  }

  @ParameterizedTest
  @MethodSource("programs")
  void aProgramPrintsWhatItsPageSays(Page page, Page.Block block) throws Exception {
    assertNotEquals("", block.output(), () -> "no text block follows a program in " + page);
    Path program = Files.writeString(directory.resolve("Hello.java"), block.text());
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", // compiling a page's program takes longer than running
                // it
                "-XX:+UseSerialGC",
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
    assertEquals(block.output(), Files.readString(output));
    assertEquals(0, process.exitValue());
  }

  private static String locationOf(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }
}
