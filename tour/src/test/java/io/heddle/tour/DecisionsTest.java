package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each decision is in the index, with its number, once, and is marked there if it is replaced. */
final class DecisionsTest {
  private static final Path FOLDER = Page.ROOT.resolve("docs").resolve("decisions");
  private static final Pattern RECORD = Pattern.compile("(\\d{3})-[a-z0-9-]+\\.md");

  private static List<String> complaints(List<String> index, String file, String record) {
    String number = file.substring(0, 3);
    List<String> rows =
        index.stream()
            .filter(line -> line.startsWith("| [" + number + "](" + file + ") |"))
            .toList();
    List<String> complaints = new ArrayList<>();
    if (rows.size() != 1) {
      complaints.add(file + ": " + rows.size() + " rows in docs/decisions/README.md");
    } else if (record.contains("*Status: replaced by ")
        != rows.getFirst().contains("superseded by ")) {
      complaints.add(file + ": another status in docs/decisions/README.md");
    }
    return complaints;
  }

  @Test
  void everyDecisionIsInTheIndex() throws IOException {
    List<String> index = Files.readAllLines(FOLDER.resolve("README.md"));
    List<String> complaints = new ArrayList<>();
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (RECORD.matcher(name).matches() && !name.startsWith("000-")) {
          complaints.addAll(complaints(index, name, Files.readString(file)));
        }
      }
    }
    assertEquals("", String.join("\n", complaints));
    assertTrue(index.size() > 40, "no index");
  }

  @Test
  void aMissingRowAndAWrongStatusAreFound() {
    List<String> index = List.of("| [001](001-a.md) | A | accepted |");
    assertEquals(List.of(), complaints(index, "001-a.md", "*Status: accepted, 2026-01-01.*"));
    assertEquals(1, complaints(index, "001-a.md", "*Status: replaced by [002](002-b.md).*").size());
    assertEquals(1, complaints(index, "002-b.md", "*Status: accepted, 2026-01-01.*").size());
  }
}
