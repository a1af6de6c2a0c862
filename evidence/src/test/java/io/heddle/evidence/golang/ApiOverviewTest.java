package io.heddle.evidence.golang;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
  private static final Path SAMPLES = ROOT.resolve("samples"); // dependents, not published
  private static final Pattern ARTEFACT =
      Pattern.compile("<artifactId>(heddle-[\\w-]+)</artifactId>");
  private static final Pattern EXPORT = Pattern.compile("^ *exports ([\\w.]+);", Pattern.MULTILINE);
  private static final Pattern PUBLIC =
      Pattern.compile(
          "^public (?:(?:abstract|final|sealed|non-sealed) )*"
              + "(?:class|interface|record|enum|@interface) (\\w+)",
          Pattern.MULTILINE);
  private static final Pattern ROW =
      Pattern.compile("^\\| `@?(\\w+)[^`]*` \\| (\\S.*?) \\| (\\S.*?) \\|$");

  /** The folders of the modules that the BOM lists: their names, by that of the artefact. */
  private static Map<String, Path> modules() throws IOException {
    Map<String, Path> modules = new TreeMap<>();
    for (MatchResult published : artefacts(ROOT.resolve("bom/pom.xml"))) {
      modules.put(published.group(1), ROOT);
    }
    modules.remove("heddle-parent");
    modules.remove("heddle-bom");
    try (Stream<Path> folders = Files.find(ROOT, 2, (f, _) -> Files.exists(f.resolve("pom.xml")))) {
      for (Path folder : folders.filter(f -> !f.startsWith(SAMPLES)).toList()) {
        List<MatchResult> names = artefacts(folder.resolve("pom.xml"));
        if (names.size() > 1) { // the first is the parent
          modules.replace(names.get(1).group(1), folder);
        }
      }
    }
    return modules;
  }

  private static List<MatchResult> artefacts(Path pom) throws IOException {
    return ARTEFACT.matcher(Files.readString(pom)).results().toList();
  }

  /**
   * The names of the public types, by package: of the exported packages. A library without a module
   * declaration exports all. An integration's types count in any case, as the names of its classes
   * are in configurations.
   */
  private static Map<String, List<String>> types() throws IOException {
    Map<String, List<String>> types = new TreeMap<>();
    for (Path folder : modules().values()) {
      Path sources = folder.resolve("src/main/java");
      Path module = sources.resolve("module-info.java");
      boolean isAgent = folder.equals(ROOT.resolve("race")); // and has no API
      boolean all =
          (!isAgent && !Files.exists(module)) || folder.startsWith(ROOT.resolve("integrations"));
      String exports = Files.exists(module) && !all ? Files.readString(module) : "";
      List<String> exported =
          EXPORT.matcher(exports).results().map(export -> export.group(1)).toList();
      try (Stream<Path> files = Files.walk(sources)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          String name = sources.relativize(file.getParent()).toString().replace('/', '.');
          if (all || exported.contains(name)) {
            PUBLIC
                .matcher(Files.readString(file))
                .results()
                .forEach(
                    type -> types.computeIfAbsent(name, _ -> new ArrayList<>()).add(type.group(1)));
          }
        }
      }
    }
    types.values().forEach(names -> names.sort(null));
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
    assertEquals(List.of("MdcPropagator"), types.get("io.heddle.slf4j"));
    assertEquals(text(types), text(rows(Files.readAllLines(ROOT.resolve("docs/api.md")))));
  }

  /** A line for each type, for a difference that can be read. */
  private static String text(Map<String, List<String>> types) {
    return types.entrySet().stream()
        .flatMap(entry -> entry.getValue().stream().map(type -> entry.getKey() + "." + type))
        .collect(joining("\n"));
  }

  @Test
  void thePublishedModulesAreThoseOfTheBom() throws IOException {
    Map<String, Path> modules = modules();
    assertFalse(modules.containsValue(ROOT), () -> "a module without a folder: " + modules);
    assertEquals(ROOT.resolve("core"), modules.get("heddle-core"));
    assertEquals(ROOT.resolve("integrations/slf4j"), modules.get("heddle-slf4j"));
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
