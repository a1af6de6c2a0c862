package io.heddle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is known of the files before anything is measured, and what becomes of them after. */
class ReportFilesTest {
  @TempDir private Path folder;

  private static String refusal(
      @Nullable Path json, @Nullable Path chart, @Nullable Path markdown) {
    ReportFiles files = new ReportFiles(json, chart, markdown);
    return String.valueOf(assertThrows(IllegalArgumentException.class, files::check).getMessage());
  }

  private List<Path> content() throws IOException {
    try (var files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  @Test
  void aFileThatCannotBeWrittenIsRefusedWithItsOptionAndTheReason() throws IOException {
    Path good = folder.resolve("ok.svg");
    assertEquals("--json " + folder + ": Is a directory", refusal(folder, good, null));
    Path nowhere = folder.resolve("nowhere");
    assertEquals(
        "--chart " + nowhere.resolve("x") + ": there is no folder " + nowhere,
        refusal(good, nowhere.resolve("x"), null));
    assertEquals("--markdown has an empty file name", refusal(null, null, Path.of("")));
    assertEquals(List.of(), content());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFolderMayTakeNoFile() {
    assertEquals(
        "--chart /proc/x.svg: its folder takes no new file",
        refusal(null, Path.of("/proc/x.svg"), null));
  }

  @Test
  void twoThatAreOneFileAreRefusedWhateverTheirNames() throws IOException {
    Path one = folder.resolve("one");
    String problem = " would overwrite the file of --json: name another";
    assertEquals("--chart " + one + problem, refusal(one, one, null));
    Path spelt = folder.resolve(".").resolve("one");
    assertEquals("--markdown " + spelt + problem, refusal(one, null, spelt));
    Path link = Files.createSymbolicLink(folder.resolve("link"), one);
    assertEquals("--markdown " + link + problem, refusal(one, null, link));
    assertEquals(List.of(link), content());
    Files.createFile(one);
    assertEquals("--markdown " + link + problem, refusal(one, null, link));
  }

  @Test
  void theCheckLeavesEverythingAsItWas() throws IOException {
    Path old = Files.writeString(folder.resolve("old"), "from yesterday");
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("new"));
    new ReportFiles(old, link, folder.resolve("none")).check();
    assertEquals("from yesterday", Files.readString(old));
    assertEquals(List.of(link, old), content());
  }

  @Test
  void oneThatFailsInTheEndKeepsNoOther() throws IOException {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    Path chart = folder.resolve("chart");
    Path markdown = folder.resolve("markdown");
    ReportFiles files = new ReportFiles(folder, chart, markdown);
    try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      IOException e = assertThrows(IOException.class, () -> files.write(ReportTest.report(), out));
      assertEquals("--json " + folder + ": Is a directory", e.getMessage());
    }
    assertTrue(Files.readString(chart).endsWith("</svg>\n"), "chart");
    assertEquals(Markdown.of(ReportTest.report()), Files.readString(markdown));
    String text = printed.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("chart written to " + chart), text);
    assertFalse(text.contains("figures"), text);
  }
}
