package io.heddle.purge.engine;

import io.heddle.purge.keys.KeyLine;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Selects keys of a store: those that begin with the prefix, match at least one of the patterns to
 * match, if there are any, and match none of the patterns to exclude.
 *
 * @param prefix the prefix of the keys, empty for all; the store itself applies it
 * @param match patterns, at least one of which must match
 * @param exclude patterns, none of which may match
 * @param file the keys instead of a listing of the store: a file with a key a line, as {@link
 *     io.heddle.purge.keys.KeyLine} writes and reads them; {@code -} is standard input; null to
 *     list the store
 * @param isNullSeparated whether the keys of the file are bytes with a NUL after each, instead of
 *     lines
 */
public record Selection(
    String prefix,
    List<KeyPattern> match,
    List<KeyPattern> exclude,
    @Nullable Path file,
    boolean isNullSeparated)
    implements Predicate<String>, Plan.Part {
  /** All keys of the store. */
  public static final Selection ALL = ofPrefix("");

  /** Copies the lists. */
  public Selection {
    match = List.copyOf(match);
    exclude = List.copyOf(exclude);
  }

  /** A selection in which a file, if there is one, has one key per line. */
  public Selection(
      String prefix, List<KeyPattern> match, List<KeyPattern> exclude, @Nullable Path file) {
    this(prefix, match, exclude, file, false);
  }

  /**
   * The keys with a prefix.
   *
   * @param prefix the prefix, empty for all
   */
  public static Selection ofPrefix(String prefix) {
    return new Selection(prefix, List.of(), List.of(), null);
  }

  /** Keys that are read from standard input. */
  public static final Path STDIN = Path.of("-");

  /** Whether a key of the store, or of the file, is selected. */
  @Override
  public boolean test(String key) {
    return key.startsWith(prefix)
        && (match.isEmpty() || match.stream().anyMatch(pattern -> pattern.test(key)))
        && exclude.stream().noneMatch(pattern -> pattern.test(key));
  }

  /** Whether every key of the store is selected. */
  public boolean isAll() {
    return equals(ALL);
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
    if (!prefix.isEmpty()) {
      text.append(and).append("begin with ").append(KeyLine.quoted(prefix));
      and = " and ";
    }
    if (!match.isEmpty()) {
      text.append(and).append("match ").append(joined(match));
      and = " and ";
    }
    if (!exclude.isEmpty()) {
      text.append(and).append("do not match ").append(joined(exclude));
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
