package io.heddle.purge.engine;

import io.heddle.purge.keys.KeyLine;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which keys of a store are meant: those that begin with the prefix, match one of the patterns to
 * match, if there are any, and none of those to exclude.
 *
 * @param prefix what the keys begin with, empty for all; the store itself looks after it
 * @param match patterns of which one has to match
 * @param exclude patterns of which none may match
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
    implements Predicate<String> {
  /** All keys of the store. */
  public static final Selection ALL = ofPrefix("");

  /**
   * Makes a selection; copies the lists.
   *
   * @param prefix what the keys begin with, empty for all
   * @param match patterns of which one has to match
   * @param exclude patterns of which none may match
   * @param file the keys themselves; null to list the store
   */
  public Selection {
    match = List.copyOf(match);
    exclude = List.copyOf(exclude);
  }

  /**
   * Makes a selection in which a file, if there is one, has a key a line.
   *
   * @param prefix what the keys begin with, empty for all
   * @param match patterns of which one has to match
   * @param exclude patterns of which none may match
   * @param file the keys themselves; null to list the store
   */
  public Selection(
      String prefix, List<KeyPattern> match, List<KeyPattern> exclude, @Nullable Path file) {
    this(prefix, match, exclude, file, false);
  }

  /**
   * The keys that begin with something.
   *
   * @param prefix what they begin with, empty for all
   */
  public static Selection ofPrefix(String prefix) {
    return new Selection(prefix, List.of(), List.of(), null);
  }

  /** Keys that are read from standard input. */
  public static final Path STDIN = Path.of("-");

  /** Whether a key of the store, or of the file, is meant. */
  @Override
  public boolean test(String key) {
    return key.startsWith(prefix)
        && (match.isEmpty() || match.stream().anyMatch(pattern -> pattern.test(key)))
        && exclude.stream().noneMatch(pattern -> pattern.test(key));
  }

  /** Whether every key of the store is meant. */
  public boolean isAll() {
    return equals(ALL);
  }

  /**
   * Says it to a person: {@code keys that begin with "img/" and do not match *.png}. Two selections
   * with the same text are equal, as a checkpoint goes by the text.
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

  /** Says to a person where keys come from. */
  static String source(Path file) {
    return file.equals(STDIN) ? " from standard input" : " of the file " + word(file.toString());
  }

  private static String joined(List<KeyPattern> patterns) {
    return patterns.stream()
        .map(pattern -> word(pattern.toString()))
        .collect(Collectors.joining(" or "));
  }

  /** A pattern or a name, in quotation marks if it could be taken for more than one word. */
  private static String word(String text) {
    return text.chars().anyMatch(Character::isWhitespace) ? KeyLine.quoted(text) : KeyLine.of(text);
  }
}
