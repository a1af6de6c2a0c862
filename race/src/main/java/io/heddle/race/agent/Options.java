package io.heddle.race.agent;

import io.heddle.race.report.Suppressions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the user has asked for: {@code -javaagent:heddle-race.jar=NAME=VALUE;NAME=VALUE}, or {@code
 * -Dheddle.race.NAME=VALUE}.
 *
 * @param scope which classes are checked
 * @param halts whether the first race ends the program
 * @param log the file for the reports, empty for standard error
 * @param status the exit status after races
 * @param verbose whether to say what is instrumented
 */
record Options(Scope scope, boolean halts, String log, int status, boolean verbose) {
  private static final String PREFIX = "heddle.race.";

  /** Not ours: it has the tests of a suite checked, each for itself. */
  private static final String CHECK = "heddle.race.check";

  private static final String DEFAULT_STATUS = "66";
  private static final Set<String> NAMES =
      Set.of("include", "exclude", "halt", "log", "status", "suppress", "verbose");

  /**
   * Reads the options.
   *
   * @throws IllegalArgumentException if one is not known, or has no such value
   */
  static Options read(String arguments, Properties system) {
    Properties all = new Properties();
    for (String name : system.stringPropertyNames()) {
      if (name.startsWith(PREFIX) && !name.equals(CHECK)) {
        put(all, name.substring(PREFIX.length()), system.getProperty(name));
      }
    }
    for (String argument : arguments.split(";", -1)) {
      if (!argument.isBlank()) {
        int equals = argument.indexOf('=');
        put(
            all,
            equals < 0 ? argument.strip() : argument.substring(0, equals).strip(),
            equals < 0 ? "true" : argument.substring(equals + 1).strip());
      }
    }
    suppress(all.getProperty("suppress", ""));
    return new Options(
        Scope.of(all.getProperty("include", ""), all.getProperty("exclude", "")),
        isSet(all, "halt"),
        all.getProperty("log", ""),
        status(all.getProperty("status", DEFAULT_STATUS)),
        isSet(all, "verbose"));
  }

  private static void put(Properties all, String name, String value) {
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "unknown option "
              + name
              + "; the options are "
              + String.join(", ", new TreeSet<>(NAMES)));
    }
    all.setProperty(name, value);
  }

  private static boolean isSet(Properties all, String name) {
    return switch (all.getProperty(name, "false").toLowerCase(Locale.ROOT)) {
      case "true", "1", "" -> true;
      case "false", "0" -> false;
      default ->
          throw new IllegalArgumentException(
              "option " + name + " is true or false, and not " + all.getProperty(name));
    };
  }

  private static int status(String text) {
    try {
      int status = Integer.parseInt(text);
      if (status >= 0 && status <= 255) {
        return status;
      }
    } catch (NumberFormatException e) {
      // see below
    }
    throw new IllegalArgumentException("option status is a number from 0 to 255, and not " + text);
  }

  private static void suppress(String file) {
    if (!file.isEmpty()) {
      try {
        Suppressions.set(Files.readAllLines(Path.of(file)));
      } catch (IOException e) {
        throw new IllegalArgumentException("cannot read the suppressions in " + file + ": " + e, e);
      }
    }
  }
}
