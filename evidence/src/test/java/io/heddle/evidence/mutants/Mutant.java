package io.heddle.evidence.mutants;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A mistake to plant: a text of one file, and what to put in its place.
 *
 * @param file the file, below core's sources
 * @param tests the classes whose tests are to find it
 * @param plants what is wrong then
 * @param old the text, in which spaces and line breaks do not matter
 * @param replacement what takes its place
 */
record Mutant(String file, List<String> tests, String plants, String old, String replacement) {
  /** The table. */
  static List<Mutant> all() {
    try (InputStream in = Objects.requireNonNull(Mutant.class.getResourceAsStream("mutants.txt"))) {
      return parse(new String(in.readAllBytes(), UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Mutant> parse(String table) {
    List<Mutant> mutants = new ArrayList<>();
    String file = "";
    List<String> tests = List.of();
    String plants = "";
    String old = "";
    int number = 0;
    for (String line : table.lines().toList()) {
      number++;
      if (line.isBlank() || line.startsWith(";")) {
        continue;
      }
      if (line.length() < 2 || line.charAt(1) != ' ') {
        throw new IllegalArgumentException("line " + number + ": " + line);
      }
      String text = line.substring(2);
      switch (line.charAt(0)) {
        case '@' -> {
          file = text.substring(0, text.indexOf(':'));
          tests = List.of(text.substring(text.indexOf(':') + 2).split(" "));
        }
        case '#' -> plants = text;
        case '-' -> old = text;
        case '+' -> mutants.add(new Mutant(file, tests, plants, old, text));
        default -> throw new IllegalArgumentException("line " + number + ": " + line);
      }
    }
    return mutants;
  }

  /** Its name in results. */
  String name() {
    return file.substring(file.lastIndexOf('/') + 1) + ": " + plants;
  }

  /**
   * Plants the mistake.
   *
   * @param source the file
   * @return the file with it
   * @throws IllegalStateException if the old text does not occur exactly once
   */
  String plant(String source) {
    StringBuilder dense = new StringBuilder();
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < source.length(); i++) {
      if (!Character.isWhitespace(source.charAt(i))) {
        dense.append(source.charAt(i));
        places.add(i);
      }
    }
    String wanted = old.replaceAll("\\s", "");
    int at = dense.indexOf(wanted);
    if (at < 0 || dense.indexOf(wanted, at + 1) >= 0) {
      throw new IllegalStateException(
          name() + (at < 0 ? " has no place any more: " : " has several places: ") + old);
    }
    return source.substring(0, places.get(at))
        + replacement
        + source.substring(places.get(at + wanted.length() - 1) + 1);
  }
}
