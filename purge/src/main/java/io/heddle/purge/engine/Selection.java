package io.heddle.purge.engine;

import io.heddle.purge.keys.KeyBytes;
import io.heddle.purge.keys.KeyLine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Selects keys of a store: those that begin with one of the prefixes, match at least one of the
 * patterns to match, match none of the patterns to exclude, belong to the portion, and pass the
 * filter. An empty list of prefixes or patterns to match excludes nothing.
 *
 * @param prefixes prefixes of keys, none of which begins with another; the store itself applies
 *     them
 * @param match patterns, at least one of which must match
 * @param exclude patterns, none of which may match
 * @param portion a part of the keys
 * @param filter conditions on what the store records about a key
 * @param file the keys instead of a listing of the store: a file with a key a line, as {@link
 *     io.heddle.purge.keys.KeyLine} writes and reads them; {@code -} is standard input; null to
 *     list the store
 * @param isNullSeparated whether the keys of the file are bytes with a NUL after each, instead of
 *     lines
 */
public record Selection(
    List<String> prefixes,
    List<KeyPattern> match,
    List<KeyPattern> exclude,
    Portion portion,
    Filter filter,
    @Nullable Path file,
    boolean isNullSeparated)
    implements Predicate<String>, Plan.Part {
  /** All keys of the store. */
  public static final Selection ALL = ofPrefixes();

  /** Copies the lists, and leaves out prefixes that begin with another, and empty ones. */
  public Selection {
    prefixes = shortest(prefixes);
    match = List.copyOf(match);
    exclude = List.copyOf(exclude);
  }

  /** A selection without a portion and a filter. */
  public Selection(
      String prefix, List<KeyPattern> match, List<KeyPattern> exclude, @Nullable Path file) {
    this(List.of(prefix), match, exclude, Portion.ALL, Filter.NONE, file, false);
  }

  /** Sorts prefixes, so that the same ones have the same text in a checkpoint. */
  private static List<String> shortest(List<String> prefixes) {
    List<String> sorted = new ArrayList<>();
    for (String prefix : prefixes.stream().sorted(KeyBytes::compare).toList()) {
      if (prefix.isEmpty()) {
        return List.of();
      }
      if (sorted.isEmpty() || !KeyBytes.startsWith(prefix, sorted.getLast())) {
        sorted.add(prefix);
      }
    }
    return List.copyOf(sorted);
  }

  /** The keys with any of some prefixes; all keys if no prefix is given. */
  public static Selection ofPrefixes(String... prefixes) {
    return new Selection(
        List.of(prefixes), List.of(), List.of(), Portion.ALL, Filter.NONE, null, false);
  }

  /** This selection, restricted to the keys that a filter selects. */
  public Selection with(Filter filter) {
    return new Selection(prefixes, match, exclude, portion, filter, file, isNullSeparated);
  }

  /** This selection, restricted to a portion of the keys. */
  public Selection with(Portion portion) {
    return new Selection(prefixes, match, exclude, portion, filter, file, isNullSeparated);
  }

  /** Keys that are read from standard input. */
  public static final Path STDIN = Path.of("-");

  /** Whether a key of the store, or of the file, is selected by its name. */
  @Override
  public boolean test(String key) {
    return (prefixes.isEmpty()
            || prefixes.stream().anyMatch(prefix -> KeyBytes.startsWith(key, prefix)))
        && (match.isEmpty() || match.stream().anyMatch(pattern -> pattern.test(key)))
        && exclude.stream().noneMatch(pattern -> pattern.test(key))
        && portion.test(key);
  }

  /** Whether every key of the store is selected. */
  public boolean isAll() {
    return equals(ALL);
  }

  /** Whether keys are selected by nothing but the store's own listing. */
  boolean isByPrefix() {
    return equals(ALL.with(prefixes));
  }

  /** This selection with other prefixes in the place of its own. */
  public Selection with(List<String> others) {
    return new Selection(others, match, exclude, portion, filter, file, isNullSeparated);
  }

  /**
   * Describes the selection: {@code keys that begin with "img/" and do not match *.png}. Selections
   * with the same text are equal, because a checkpoint compares the text.
   */
  @Override
  public String toString() {
    if (isAll()) {
      return "all keys";
    }
    StringBuilder text = new StringBuilder("keys");
    if (file != null) {
      text.append(source(file)).append(isNullSeparated ? " with NULs" : "");
    }
    String and = " that ";
    if (!prefixes.isEmpty()) {
      text.append(and)
          .append("begin with ")
          .append(prefixes.stream().map(KeyLine::quoted).collect(Collectors.joining(" or ")));
      and = " and ";
    }
    if (!match.isEmpty()) {
      text.append(and).append("match ").append(joined(match));
      and = " and ";
    }
    if (!exclude.isEmpty()) {
      text.append(and).append("do not match ").append(joined(exclude));
    }
    String options = (portion + " " + filter).strip();
    if (!options.isEmpty()) {
      text.append(" with ").append(options);
    }
    return text.toString();
  }

  /** Describes the source of the keys. */
  static String source(Path file) {
    return file.equals(STDIN) ? " from standard input" : " of the file " + word(file.toString());
  }

  private static String joined(List<KeyPattern> patterns) {
    return patterns.stream()
        .map(pattern -> word(pattern.toString()))
        .collect(Collectors.joining(" or "));
  }

  /** A pattern or a name, in quotation marks if it could be read as several words. */
  private static String word(String text) {
    return text.chars().anyMatch(Character::isWhitespace) ? KeyLine.quoted(text) : KeyLine.of(text);
  }
}
