package io.heddle.race.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Races that are not reported: each line names a class, a method or a field by a prefix, and
 * matches a race with such a frame on one of its two stacks, or of such a variable.
 */
public final class Suppressions {
  private static volatile List<String> prefixes = List.of();

  private Suppressions() {}

  /**
   * Sets the suppressions.
   *
   * @param lines {@code race:PREFIX}, the form of Go's and TSan's files; empty lines and those that
   *     begin with # mean nothing
   * @throws IllegalArgumentException if a line is none of these
   */
  public static void set(List<String> lines) {
    List<String> found = new ArrayList<>();
    for (String line : lines) {
      String text = line.strip();
      if (text.startsWith("race:") && text.length() > "race:".length()) {
        found.add(text.substring("race:".length()).strip());
      } else if (!text.isEmpty() && !text.startsWith("#")) {
        throw new IllegalArgumentException(
            "suppression \"" + text + "\" does not have the form race:PREFIX");
      }
    }
    prefixes = List.copyOf(found);
  }

  static boolean match(Race race) {
    for (String prefix : prefixes) {
      if (race.variable().startsWith(prefix)
          || matches(race.later().stack(), prefix)
          || matches(race.earlier().stack(), prefix)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(List<StackTraceElement> stack, String prefix) {
    for (StackTraceElement frame : stack) {
      if ((frame.getClassName() + "." + frame.getMethodName()).startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}
