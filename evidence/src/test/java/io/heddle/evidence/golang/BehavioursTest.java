package io.heddle.evidence.golang;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tests that docs/behaviours.md names are there. */
final class BehavioursTest {
  private static final Path ROOT = Path.of("..");
  private static final Path TESTS = Path.of("src", "test", "java");
  private static final Pattern NAME = Pattern.compile("`(\\w+)`");

  /** The sources of all modules' tests, by the name of the class. */
  private static Map<String, String> tests() throws IOException {
    Map<String, String> tests = new HashMap<>();
    try (Stream<Path> modules = Files.list(ROOT)) {
      for (Path module : modules.filter(m -> Files.isDirectory(m.resolve(TESTS))).toList()) {
        try (Stream<Path> files = Files.walk(module.resolve(TESTS))) {
          for (Path file : files.filter(f -> f.toString().endsWith("Test.java")).toList()) {
            String name = file.getFileName().toString().replace(".java", "");
            tests.merge(name, Files.readString(file), String::concat);
          }
        }
      }
    }
    return tests;
  }

  /** Counts the rows of tables that name tests, and adds to the list what is not there. */
  private static int check(List<String> lines, Map<String, String> tests, List<String> missing) {
    int rows = 0;
    for (String line : lines) {
      String type = "";
      Matcher names = NAME.matcher(line.startsWith("| ") ? line : "");
      while (names.find()) {
        String name = names.group(1);
        if (name.endsWith("Test")) {
          rows += type.isEmpty() ? 1 : 0;
          type = name;
          if (!tests.containsKey(name)) {
            missing.add(name);
          }
        } else if (Character.isLowerCase(name.charAt(0))
            && !tests.getOrDefault(type, "").contains("void " + name + "(")) {
          missing.add(type + "." + name);
        }
      }
    }
    return rows;
  }

  @Test
  void everyTestThatIsNamedIsThere() throws IOException {
    List<String> missing = new ArrayList<>();
    List<String> lines = Files.readAllLines(ROOT.resolve("docs").resolve("behaviours.md"));
    int rows = check(lines, tests(), missing);
    assertEquals(List.of(), missing);
    assertTrue(rows > 150, () -> "only " + rows + " rows");
  }

  @Test
  void whatIsNotThereIsFound() {
    List<String> missing = new ArrayList<>();
    Map<String, String> tests = Map.of("ATest", "void b() {}");
    String row = "| TestGo | `ATest` `b` `c`; `BTest` `b` |";
    assertEquals(1, check(List.of(row, "`CTest` is no row"), tests, missing));
    assertEquals(List.of("ATest.c", "BTest", "BTest.b"), missing);
  }
}
