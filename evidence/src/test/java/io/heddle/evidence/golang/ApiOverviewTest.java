package io.heddle.evidence.golang;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The overview in docs/api.md has a row for each public type, and no others. */
final class ApiOverviewTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern EXPORT = Pattern.compile("^ *exports ([\\w.]+);", Pattern.MULTILINE);
  private static final Pattern PUBLIC =
      Pattern.compile(
          "^public (?:(?:abstract|final|sealed|non-sealed) )*"
              + "(?:class|interface|record|enum|@interface) (\\w+)",
          Pattern.MULTILINE);
  private static final Pattern ROW =
      Pattern.compile("^\\| `@?(\\w+)[^`]*` \\| (\\S.*?) \\| (\\S.*?) \\|$");

  /** The names of the public types, by package. */
  private static Map<String, List<String>> types() throws IOException {
    Map<String, List<String>> types = new TreeMap<>();
    for (String module : List.of("core", "inspect", "testing")) {
      Path sources = ROOT.resolve(module).resolve("src/main/java");
      String declaration = Files.readString(sources.resolve("module-info.java"));
      for (MatchResult export : EXPORT.matcher(declaration).results().toList()) {
        String name = export.group(1);
        try (Stream<Path> files = Files.list(sources.resolve(name.replace('.', '/')))) {
          List<String> found = new ArrayList<>();
          for (Path file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
            PUBLIC
                .matcher(Files.readString(file))
                .results()
                .forEach(type -> found.add(type.group(1)));
          }
          types.put(name, found.stream().sorted().toList());
        }
      }
    }
    return types;
  }

  /** The names in the first column, by the package that the heading names. */
  private static Map<String, List<String>> rows(List<String> lines) {
    Map<String, List<String>> rows = new TreeMap<>();
    List<String> section = new ArrayList<>();
    for (String line : lines) {
      if (line.startsWith("## ")) {
        section = new ArrayList<>();
        rows.put(line.substring(3).replace("`", ""), section);
      } else if (line.startsWith("| `")) {
        section.addAll(ROW.matcher(line).results().map(row -> row.group(1)).toList());
      }
    }
    return rows;
  }

  @Test
  void eachPublicTypeHasARowInItsPackagesTable() throws IOException {
    Map<String, List<String>> types = types();
    assertTrue(types.get("io.heddle").size() > 30, types::toString);
    assertEquals(text(types), text(rows(Files.readAllLines(ROOT.resolve("docs/api.md")))));
  }

  /** A line for each type, for a difference that can be read. */
  private static String text(Map<String, List<String>> types) {
    return types.entrySet().stream()
        .flatMap(entry -> entry.getValue().stream().map(type -> entry.getKey() + "." + type))
        .collect(joining("\n"));
  }

  @Test
  void aRowHasThreeColumnsThatSaySomething() {
    Map<String, List<String>> rows =
        rows(
            List.of(
                "## `io.heddle`",
                "| `Chan<T>` | a channel | `chan T` |",
                "| `Go` |  | `go` |",
                "| `Once` | once |  |"));
    assertEquals(Map.of("io.heddle", List.of("Chan")), rows);
  }
}
