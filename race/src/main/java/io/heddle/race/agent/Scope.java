package io.heddle.race.agent;

import java.util.ArrayList;
import java.util.List;

/**
 * Which classes are checked: all but those of the JDK, of Heddle itself, and of test frameworks.
 *
 * @param includes prefixes of names; a class with one of them is in scope in any case
 * @param excludes prefixes of names
 */
record Scope(List<String> includes, List<String> excludes) {
  /** The JDK's, which no option includes: hooks in them would call themselves. */
  private static final List<String> JDK =
      List.of("java.", "javax.", "jdk.", "sun.", "com.sun.", "netscape.", "org.ietf.jgss.");

  /** The detector's own, and those that it gives the edges of itself. */
  private static final List<String> HEDDLE =
      List.of(
          "io.heddle.race.agent.",
          "io.heddle.race.clock.",
          "io.heddle.race.hook.",
          "io.heddle.race.report.",
          "io.heddle.race.shadow.",
          "io.heddle.race.site.",
          "io.heddle.flow.",
          "io.heddle.internal.",
          "io.heddle.interop.",
          "io.heddle.jvm.",
          "io.heddle.rate.",
          "io.heddle.scheduler.",
          "io.heddle.spi.",
          "io.heddle.testing.");

  private static final String CORE = "io.heddle.";

  private static final List<String> FRAMEWORKS =
      List.of(
          "org.junit.",
          "org.opentest4j.",
          "org.apiguardian.",
          "org.assertj.",
          "org.hamcrest.",
          "org.mockito.",
          "org.apache.maven.",
          "org.gradle.",
          "com.intellij.",
          "worker.org.gradle.");

  /**
   * Heddle's own classes that have edges by volatile fields, atomics and monitors, like any other
   * class. Those of the other classes are in {@link Weaving}, as they synchronise more than they
   * promise.
   */
  static Scope ofEdges() {
    return new Scope(
        List.of(
            "io.heddle.Once",
            "io.heddle.Race",
            "io.heddle.SingleFlight",
            "io.heddle.TaskGroup",
            "io.heddle.GroupTask",
            "io.heddle.Feed",
            "io.heddle.ShutdownContext",
            "io.heddle.flow.",
            "io.heddle.internal.Failures",
            "io.heddle.interop.",
            "io.heddle.rate."),
        List.of(""));
  }

  static Scope of(String includes, String excludes) {
    return new Scope(prefixes(includes), prefixes(excludes));
  }

  private static List<String> prefixes(String list) {
    List<String> prefixes = new ArrayList<>();
    for (String prefix : list.split(",", -1)) {
      if (!prefix.isBlank()) {
        prefixes.add(prefix.strip().replace('/', '.'));
      }
    }
    return List.copyOf(prefixes);
  }

  /** Whether a class is checked, by its internal name. */
  boolean contains(String internalName) {
    String name = internalName.replace('/', '.');
    if (startsWith(name, JDK) || name.startsWith("[")) {
      return false;
    }
    if (startsWith(name, includes)) {
      return true;
    }
    return !startsWith(name, excludes)
        && !startsWith(name, HEDDLE)
        && !startsWith(name, FRAMEWORKS)
        && !isCore(name);
  }

  /** Whether it is in core's main package, and no test of core's. */
  private static boolean isCore(String name) {
    return name.startsWith(CORE)
        && name.indexOf('.', CORE.length()) < 0
        && !name.matches(".*Test(\\$.*)?");
  }

  private static boolean startsWith(String name, List<String> prefixes) {
    for (String prefix : prefixes) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}
