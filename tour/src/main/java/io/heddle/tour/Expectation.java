package io.heddle.tour;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a program must print: as much of the order of its lines as is certain, and no more. */
sealed interface Expectation {

  /** The difference from the expectation, null if absent. */
  @Nullable String complaint(List<String> lines);

  /** The expected output, in one or more lines. */
  String describe();

  /** These lines and no others, in this order. */
  static Expectation exactly(String... lines) {
    return new Exactly(List.of(lines));
  }

  /** Lines that match these regular expressions, and no others, in this order. */
  static Expectation matching(String... patterns) {
    return new Matching(Arrays.stream(patterns).map(Pattern::compile).toList());
  }

  /** These lines and no others, in any order. A line that is listed twice must occur twice. */
  static Expectation anyOrder(String... lines) {
    return new AnyOrder(List.of(lines));
  }

  /** These lines in this order, with any other lines before, between and after them. */
  static Expectation inOrder(String... lines) {
    return new InOrder(List.of(lines));
  }

  /** This line first. */
  static Expectation first(String line) {
    return new At(1, line);
  }

  /** This line last. */
  static Expectation last(String line) {
    return new At(-1, line);
  }

  /** This line as the n-th; from the end if n is negative. */
  static Expectation at(int n, String line) {
    return new At(n, line);
  }

  /** The pattern's group matches the same text in the n-th and the m-th line. */
  static Expectation agree(int n, int m, String pattern) {
    return new Agree(n, m, Pattern.compile(pattern));
  }

  /** All of these. */
  static Expectation all(Expectation... parts) {
    return new All(List.of(parts));
  }

  /** See {@link #exactly}. */
  record Exactly(List<String> expected) implements Expectation {
    @Override
    public @Nullable String complaint(List<String> lines) {
      for (int i = 0; i < Math.max(lines.size(), expected.size()); i++) {
        if (i >= lines.size()) {
          return "line %d: expected %s, but nothing came".formatted(i + 1, quote(expected.get(i)));
        } else if (i >= expected.size()) {
          return "line %d: expected nothing, but %s came".formatted(i + 1, quote(lines.get(i)));
        } else if (!lines.get(i).equals(expected.get(i))) {
          return "line %d: expected %s, but %s came"
              .formatted(i + 1, quote(expected.get(i)), quote(lines.get(i)));
        }
      }
      return null;
    }

    @Override
    public String describe() {
      return "exactly" + indented(expected);
    }
  }

  /** See {@link #matching}. */
  record Matching(List<Pattern> patterns) implements Expectation {
    @Override
    public @Nullable String complaint(List<String> lines) {
      if (lines.size() != patterns.size()) {
        return "expected %d lines, but %d came".formatted(patterns.size(), lines.size());
      }
      for (int i = 0; i < lines.size(); i++) {
        if (!patterns.get(i).matcher(lines.get(i)).matches()) {
          return "line %d: expected what matches %s, but %s came"
              .formatted(i + 1, patterns.get(i), quote(lines.get(i)));
        }
      }
      return null;
    }

    @Override
    public String describe() {
      return "lines that match" + indented(patterns.stream().map(Pattern::pattern).toList());
    }
  }

  /** See {@link #anyOrder}. */
  record AnyOrder(List<String> expected) implements Expectation {
    @Override
    public @Nullable String complaint(List<String> lines) {
      List<String> missing = without(expected, lines);
      List<String> surplus = without(lines, expected);
      if (missing.isEmpty() && surplus.isEmpty()) {
        return null;
      }
      List<String> complaints = new ArrayList<>();
      if (!missing.isEmpty()) {
        complaints.add("missing: " + quote(missing));
      }
      if (!surplus.isEmpty()) {
        complaints.add("too much: " + quote(surplus));
      }
      return String.join("; ", complaints);
    }

    private static List<String> without(List<String> lines, List<String> others) {
      List<String> rest = new ArrayList<>(lines);
      others.forEach(rest::remove);
      return rest;
    }

    @Override
    public String describe() {
      return "in any order" + indented(expected);
    }
  }

  /** See {@link #inOrder}. */
  record InOrder(List<String> expected) implements Expectation {
    @Override
    public @Nullable String complaint(List<String> lines) {
      int at = 0;
      for (String line : expected) {
        int found = lines.subList(at, lines.size()).indexOf(line);
        if (found < 0) {
          String why = lines.contains(line) ? "came too early" : "did not come";
          return "%s %s".formatted(quote(line), why);
        }
        at += found + 1;
      }
      return null;
    }

    @Override
    public String describe() {
      return "in this order " + quote(expected);
    }
  }

  /** See {@link #at}. */
  record At(int number, String expected) implements Expectation {
    @Override
    public @Nullable String complaint(List<String> lines) {
      String line = line(lines, number);
      return expected.equals(line)
          ? null
          : "%s: expected %s, but %s came".formatted(name(number), quote(expected), quote(line));
    }

    @Override
    public String describe() {
      return "as %s %s".formatted(name(number), quote(expected));
    }
  }

  /** See {@link #agree}. */
  record Agree(int number, int other, Pattern pattern) implements Expectation {
    @Override
    public @Nullable String complaint(List<String> lines) {
      String one = group(line(lines, number));
      String two = group(line(lines, other));
      return one != null && one.equals(two)
          ? null
          : "%s and %s: expected the same %s, but %s and %s came"
              .formatted(
                  name(number),
                  name(other),
                  pattern,
                  quote(line(lines, number)),
                  quote(line(lines, other)));
    }

    private @Nullable String group(@Nullable String line) {
      Matcher matcher = pattern.matcher(Objects.requireNonNullElse(line, ""));
      return matcher.find() ? matcher.group(1) : null;
    }

    @Override
    public String describe() {
      return "the same %s in %s and %s".formatted(pattern, name(number), name(other));
    }
  }

  /** See {@link #all}. */
  record All(List<Expectation> parts) implements Expectation {
    @Override
    public @Nullable String complaint(List<String> lines) {
      String complaints =
          parts.stream()
              .map(part -> part.complaint(lines))
              .filter(Objects::nonNull)
              .collect(Collectors.joining("\n"));
      return complaints.isEmpty() ? null : complaints;
    }

    @Override
    public String describe() {
      return parts.stream().map(Expectation::describe).collect(Collectors.joining("\n"));
    }
  }

  private static @Nullable String line(List<String> lines, int number) {
    int index = number < 0 ? lines.size() + number : number - 1;
    return index >= 0 && index < lines.size() ? lines.get(index) : null;
  }

  private static String name(int number) {
    return switch (number) {
      case 1 -> "the first line";
      case -1 -> "the last line";
      default -> "line " + number;
    };
  }

  private static String quote(@Nullable String line) {
    return line == null ? "nothing" : '"' + line + '"';
  }

  private static String quote(List<String> lines) {
    return lines.stream().map(Expectation::quote).collect(Collectors.joining(", "));
  }

  private static String indented(List<String> lines) {
    return lines.isEmpty() ? " nothing" : "\n" + String.join("\n", lines).indent(2).stripTrailing();
  }
}
