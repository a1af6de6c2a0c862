package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The modules and their dependencies are those that the page on the architecture shows. */
final class ArchitecturePageTest {
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `(\\w+)` \\|[^|]*\\|([^|]*)\\|$");
  private static final Pattern ARROW = Pattern.compile("(?m)^  (\\w+)(?: --> (\\w+))?$");
  private static final Pattern NAME = Pattern.compile("`(\\w+)`");
  private static final Pattern DEPENDENCY = Pattern.compile("(?s)<dependency>(.*?)</dependency>");
  private static final Pattern HEDDLE = Pattern.compile("<artifactId>heddle-(\\w+)</artifactId>");

  /** The modules in the table, each with those that it uses. */
  private static Map<String, SortedSet<String>> shown(String page) {
    Map<String, SortedSet<String>> modules = new TreeMap<>();
    String table = page.substring(page.indexOf("## The modules"), page.indexOf("## The packages"));
    for (Matcher row = ROW.matcher(table); row.find(); ) {
      SortedSet<String> uses = new TreeSet<>();
      NAME.matcher(row.group(2)).results().forEach(name -> uses.add(name.group(1)));
      modules.put(row.group(1), uses);
    }
    return modules;
  }

  /** The modules in the drawing, each with those that its arrows lead to. */
  private static Map<String, SortedSet<String>> drawn(String page) {
    Map<String, SortedSet<String>> modules = new TreeMap<>();
    int start = page.indexOf("```mermaid");
    String drawing = page.substring(start, page.indexOf("\n```\n", start) + 1);
    for (Matcher arrow = ARROW.matcher(drawing); arrow.find(); ) {
      SortedSet<String> uses = modules.computeIfAbsent(arrow.group(1), none -> new TreeSet<>());
      if (arrow.group(2) != null) {
        uses.add(arrow.group(2));
        modules.computeIfAbsent(arrow.group(2), none -> new TreeSet<>());
      }
    }
    return modules;
  }

  /** The modules, each with those that it uses and that no module it uses would lead to. */
  private static Map<String, SortedSet<String>> reduced(Map<String, SortedSet<String>> modules) {
    Map<String, SortedSet<String>> reduced = new TreeMap<>();
    modules.forEach((module, uses) -> {
      SortedSet<String> direct = new TreeSet<>(uses);
      uses.forEach(used -> direct.removeAll(reachable(used, modules)));
      reduced.put(module, direct);
    });
    return reduced;
  }

  private static SortedSet<String> reachable(
      String module, Map<String, SortedSet<String>> modules) {
    SortedSet<String> reachable = new TreeSet<>();
    for (String used : modules.getOrDefault(module, new TreeSet<>())) {
      reachable.add(used);
      reachable.addAll(reachable(used, modules));
    }
    return reachable;
  }

  /** The folders with a module of the build, each with the modules that its main code needs. */
  private static Map<String, SortedSet<String>> built() throws IOException {
    Map<String, SortedSet<String>> modules = new TreeMap<>();
    try (Stream<Path> folders = Files.list(Page.ROOT)) {
      for (Path folder : folders.filter(one -> hasMainCode(one)).toList()) {
        modules.put(folder.getFileName().toString(), uses(Files.readString(pom(folder))));
      }
    }
    return modules;
  }

  private static Path pom(Path folder) {
    return folder.resolve("pom.xml");
  }

  private static boolean hasMainCode(Path folder) {
    return Files.exists(pom(folder)) && Files.isDirectory(folder.resolve("src/main/java"));
  }

  private static SortedSet<String> uses(String pom) {
    SortedSet<String> uses = new TreeSet<>();
    for (Matcher one = DEPENDENCY.matcher(pom); one.find(); ) {
      Matcher heddle = HEDDLE.matcher(one.group(1));
      if (heddle.find() && !one.group(1).contains("<scope>test</scope>")) {
        uses.add(heddle.group(1));
      }
    }
    return uses;
  }

  @Test
  void thePageShowsTheModulesOfTheBuild() throws IOException {
    String page = Files.readString(Page.ROOT.resolve("docs/explain/architecture.md"));
    assertEquals(built().toString(), shown(page).toString());
  }

  @Test
  void thePageDrawsTheModulesOfTheBuild() throws IOException {
    String page = Files.readString(Page.ROOT.resolve("docs/explain/architecture.md"));
    assertEquals(reduced(built()).toString(), drawn(page).toString());
  }

  @Test
  void aDependencyForTestsIsNone() {
    String pom =
        """
        <dependency><artifactId>heddle-core</artifactId></dependency>
        <dependency><artifactId>heddle-local</artifactId><scope>test</scope></dependency>
        """;
    assertEquals("[core]", uses(pom).toString());
  }

  @Test
  void everyFolderIsInTheTableOfTheLayout() throws IOException {
    String contributing = Files.readString(Page.ROOT.resolve("CONTRIBUTING.md"));
    SortedSet<String> missing = new TreeSet<>();
    try (Stream<Path> folders = Files.list(Page.ROOT)) {
      for (Path folder : folders.filter(Files::isDirectory).toList()) {
        String name = folder.getFileName().toString();
        boolean isOurs = !name.startsWith(".") && !name.equals("target") && !isLeftOver(folder);
        if (isOurs && !contributing.contains("| `" + name + "`") && !isGroup(contributing, name)) {
          missing.add(name);
        }
      }
    }
    assertEquals("[]", missing.toString());
  }

  /** A module that was removed leaves its build output behind. */
  private static boolean isLeftOver(Path folder) throws IOException {
    try (Stream<Path> contents = Files.list(folder)) {
      return contents.allMatch(one -> one.endsWith("target"));
    }
  }

  /** A folder of modules, which have a row together. */
  private static boolean isGroup(String contributing, String name) {
    return contributing.contains("| `" + name + "/");
  }
}
