package io.heddle.purge.engine;

import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A pattern for keys: a glob or a regular expression. It must match the whole key.
 *
 * <p>In a glob, {@code *} matches any number of characters, {@code ?} one character, {@code [a-z]}
 * one of a set, and {@code [!a-z]} one that is not in the set. A backslash makes the next character
 * literal. A slash is an ordinary character.
 */
public final class KeyPattern implements Predicate<String> {
  private final String text;
  private final Pattern pattern;

  private KeyPattern(String text, Pattern pattern) {
    this.text = text;
    this.pattern = pattern;
  }

  /** Makes a pattern of a glob. */
  public static KeyPattern ofGlob(String glob) {
    return new KeyPattern(glob, Pattern.compile(regex(glob), Pattern.DOTALL));
  }

  /**
   * Makes a pattern of a regular expression.
   *
   * @param regex the expression, in the syntax of {@link Pattern}
   */
  public static KeyPattern ofRegex(String regex) {
    return new KeyPattern("/" + regex + "/", Pattern.compile(regex, Pattern.DOTALL));
  }

  @Override
  public boolean test(String key) {
    return pattern.matcher(key).matches();
  }

  private static String regex(String glob) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      switch (c) {
        case '*' -> regex.append(".*");
        case '?' -> regex.append('.');
        case '[' -> {
          int end = glob.indexOf(']', i + 2);
          if (end < 0) {
            throw new java.util.regex.PatternSyntaxException("no ] after the [", glob, i);
          }
          String set = glob.substring(i + 1, end).replace("\\", "\\\\").replace("[", "\\[");
          set = set.replace("&", "\\&").replace("^", "\\^");
          regex.append('[').append(set.startsWith("!") ? "^" + set.substring(1) : set).append(']');
          i = end;
        }
        case '\\' ->
            regex.append(Pattern.quote(i + 1 < glob.length() ? "" + glob.charAt(++i) : "\\"));
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return regex.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyPattern that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(text);
  }

  /** The glob, or the regular expression between slashes. */
  @Override
  public String toString() {
    return text;
  }
}
