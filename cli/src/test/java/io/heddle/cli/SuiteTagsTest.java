package io.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Which tags the test classes of all modules have. {@code ./check quick} leaves out "slow", and
 * {@code bin/check-repeatedly} runs "system" and "clock": without its tag, a class would slow down
 * the one and be missing from the other. The sources are examined, as they are there for all
 * modules.
 */
final class SuiteTagsTest {
  private static final Pattern PROCESS = Pattern.compile("\\bProcessBuilder\\b");

  /** Sockets, and what is named after them. */
  private static final Pattern SOCKET =
      Pattern.compile("\\b(HttpClient|[A-Z]\\w*(Server|Socket|SocketChannel))\\b");

  private static final Pattern CLOCK =
      Pattern.compile(
          "\\b((Thread|Go)\\.sleep\\(|(nanoTime|parkNanos|currentTimeMillis)\\(|Instant\\.now\\(|SystemClock\\b)");

  /** Bubbles, and what core has in their place in its own tests. */
  private static final Pattern VIRTUAL_TIME = Pattern.compile("Bubble|\\bVirtualClock\\b");

  private static final Pattern NO_CODE =
      Pattern.compile(
          "\"\"\".*?\"\"\"|\"[^\"\\\\\n]*+(?:\\\\.[^\"\\\\\n]*+)*+\"|//[^\n]*|/\\*.*?\\*/",
          Pattern.DOTALL);

  private static final Pattern WORD_END = Pattern.compile("\\W+");
  private static final Pattern TAG = Pattern.compile("^@Tag\\(\"(\\w+)\"\\)$", Pattern.MULTILINE);
  private static final Pattern PACKAGE = Pattern.compile("^package ([\\w.]+);", Pattern.MULTILINE);

  /** The source of a class, with and without comments and strings, and its words. */
  private record Source(String name, String folder, String text, String code, Set<String> words) {
    static Source of(String name, String folder, String text) {
      String code = NO_CODE.matcher(text).replaceAll(" ");
      return new Source(name, folder, text, code, new HashSet<>(List.of(WORD_END.split(code, -1))));
    }

    boolean isTest() {
      return name.endsWith("Test");
    }

    boolean mentions(Source other) {
      String there = other.folder;
      return words.contains(other.name)
          && (there.equals(folder)
              || code.contains("import " + there + "." + other.name + ";")
              || code.contains("import " + there + ".*;")
              || code.contains("import static " + there + "." + other.name + "."));
    }

    Set<String> tags() {
      Set<String> tags = new HashSet<>();
      Matcher found = TAG.matcher(text);
      while (found.find()) {
        tags.add(found.group(1));
      }
      return tags;
    }
  }

  /** Projects in samples show how others use Heddle; the build of this one does not run them. */
  private static boolean isForReaders(Path folder) {
    Path samples = Path.of("..", "samples");
    return folder.startsWith(samples) && !folder.equals(samples);
  }

  private static List<Source> sources(String kind) throws IOException {
    List<Path> modules;
    try (Stream<Path> folders = Files.walk(Path.of(".."), 2)) { // integrations/slf4j
      modules =
          folders
              .filter(folder -> !folder.startsWith("../target"))
              .filter(folder -> !isForReaders(folder))
              .map(module -> module.resolve("src/" + kind + "/java"))
              .filter(Files::isDirectory)
              .toList();
    }
    List<Source> sources = new ArrayList<>();
    for (Path module : modules) {
      try (Stream<Path> files = Files.walk(module)) {
        for (Path file : files.filter(file -> file.toString().endsWith(".java")).toList()) {
          String text = Files.readString(file);
          Matcher folder = PACKAGE.matcher(text);
          if (folder.find()) {
            String name = file.getFileName().toString().replace(".java", "");
            sources.add(Source.of(name, folder.group(1), text));
          }
        }
      }
    }
    return sources;
  }

  /** Sources, and the tests that get at them by way of helpers. */
  private static Set<Source> reaching(List<Source> sources, List<Source> tests) {
    Set<Source> reached = new HashSet<>(sources);
    boolean grew = true;
    while (grew) {
      List<Source> helpers = reached.stream().filter(source -> !source.isTest()).toList();
      grew =
          reached.addAll(
              tests.stream().filter(test -> helpers.stream().anyMatch(test::mentions)).toList());
    }
    return reached;
  }

  private static List<Source> find(Pattern pattern, List<Source> sources) {
    return sources.stream().filter(source -> pattern.matcher(source.code).find()).toList();
  }

  /** What is wrong, one line for each class. */
  private static List<String> complaints(List<Source> main, List<Source> tests) {
    List<Source> starters = new ArrayList<>(find(PROCESS, main));
    starters.addAll(find(PROCESS, tests));
    Set<Source> processes = reaching(starters, tests);
    Set<Source> sockets = reaching(find(SOCKET, tests), tests);
    List<String> complaints = new ArrayList<>();
    for (Source test : tests) {
      if (!test.isTest()) {
        continue;
      }
      Set<String> missing = new TreeSet<>();
      if (processes.contains(test)) {
        missing.addAll(Set.of("system", "slow"));
      } else if (sockets.contains(test)) {
        missing.add("system");
      } else if (CLOCK.matcher(test.code).find() && !VIRTUAL_TIME.matcher(test.code).find()) {
        missing.add("clock");
      }
      missing.removeAll(test.tags());
      if (!missing.isEmpty()) {
        complaints.add(test.name + " lacks the tags " + missing);
      }
      Set<String> unknown = new TreeSet<>(test.tags());
      unknown.removeAll(Set.of("system", "clock", "slow"));
      if (!unknown.isEmpty()) {
        complaints.add(test.name + " has tags that nothing selects: " + unknown);
      }
    }
    Collections.sort(complaints);
    return complaints;
  }

  @Test
  void everyTestClassHasTheTagsOfWhatItUses() throws Exception {
    List<Source> tests = sources("test");
    assertTrue(tests.stream().filter(Source::isTest).count() > 150, "too few are found");
    for (String folder : List.of("io.heddle", "io.heddle.slf4j", "io.heddle.orders")) {
      assertTrue(tests.stream().anyMatch(test -> test.folder.equals(folder)), folder);
    }
    assertEquals(List.of(), complaints(sources("main"), tests));
  }

  @Test
  void aMissingTagIsFound() {
    Map<String, String> bodies = new HashMap<>();
    bodies.put("DirectTest", "new ProcessBuilder()");
    bodies.put("HelperTest", "Helper.start()");
    bodies.put("Helper", "new ServerSocket(0)");
    bodies.put("MainTest", "Program.run()");
    bodies.put("ClockTest", "Thread.sleep(1)");
    bodies.put("BubbleTest", "Bubble.run(() -> Thread.sleep(1))");
    bodies.put("VirtualTest", "VirtualClock.run(() -> Go.sleep(1))");
    bodies.put("OtherTest", "x(\"new \\\" ProcessBuilder()\") // ServerSocket");
    List<Source> tests =
        bodies.entrySet().stream()
            .map(body -> Source.of(body.getKey(), "a", "package a; " + body.getValue()))
            .toList();
    List<Source> main = List.of(Source.of("Program", "a", "new ProcessBuilder()"));
    assertEquals(
        List.of(
            "ClockTest lacks the tags [clock]",
            "DirectTest lacks the tags [slow, system]",
            "HelperTest lacks the tags [system]",
            "MainTest lacks the tags [slow, system]"),
        complaints(main, tests));
    Source wrong = Source.of("SomeTest", "a", "@Tag(\"sistem\")\nclass SomeTest {}");
    assertEquals(
        List.of("SomeTest has tags that nothing selects: [sistem]"),
        complaints(List.of(), List.of(wrong)));
  }
}
