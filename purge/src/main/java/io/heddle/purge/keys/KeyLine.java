package io.heddle.purge.keys;

import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.IOException;
import java.io.StringReader;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A key as a line of text, so that what one run prints another run can read. A line is one of
 *
 * <ul>
 *   <li>the key itself;
 *   <li>a JSON string, for a key that a line cannot hold or that a terminal would not show: it is
 *       empty, begins with a quotation mark, a brace or white space, ends with white space, or
 *       contains control or formatting characters or lone surrogates;
 *   <li>a JSON object whose {@code key}, or {@code key_base64}, is the key.
 * </ul>
 *
 * <p>Each line is independent of the others, so {@code grep}, {@code head} and {@code sort} work on
 * such a file. A backslash has a meaning only within quotation marks. A line that could be the key
 * itself as well as a JSON string, such as {@code "a"}, is rejected as ambiguous.
 */
public final class KeyLine {
  private static final char BYTE_ORDER_MARK = '\ufeff';

  private KeyLine() {}

  /** A line that is not certain to denote one key; the message says why. */
  public static final class BadLineException extends Exception {
    private static final long serialVersionUID = 1;

    BadLineException(String message) {
      super(message);
    }
  }

  /** Writes a key as a line, without the line's end. {@link #key} reads it back. */
  public static String of(String key) {
    return isPlain(key) ? key : quoted(key);
  }

  private static boolean isPlain(String key) {
    return !key.isEmpty()
        && key.charAt(0) != '"'
        && key.charAt(0) != '{'
        && !isBlank(key.codePointAt(0))
        && !isBlank(key.codePointBefore(key.length()))
        && key.codePoints().noneMatch(KeyLine::isUnseen);
  }

  private static boolean isBlank(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }

  /** Whether a terminal hides a character, or interprets it. */
  private static boolean isUnseen(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }

  /** Writes any text as a JSON string. */
  public static String quoted(String text) {
    StringBuilder line = new StringBuilder(text.length() + 16).append('"');
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '"' -> line.append("\\\"");
            case '\\' -> line.append("\\\\");
            case '\n' -> line.append("\\n");
            case '\r' -> line.append("\\r");
            case '\t' -> line.append("\\t");
            default -> append(line, c);
          }
        });
    return line.append('"').toString();
  }

  /**
   * Escapes characters that a terminal would hide or interpret, or that UTF-8 cannot represent.
   * Within JSON the result has the same meaning.
   *
   * @return the text with an escape such as {@code \}{@code u001b} for each such character
   */
  public static String escaped(String text) {
    if (text.codePoints().noneMatch(KeyLine::isUnseen)) {
      return text;
    }
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(c -> append(escaped, c));
    return escaped.toString();
  }

  private static void append(StringBuilder text, int c) {
    if (!isUnseen(c)) {
      text.appendCodePoint(c);
      return;
    }
    for (char part : Character.toChars(c)) {
      text.append(String.format(Locale.ROOT, "\\u%04x", (int) part));
    }
  }

  /**
   * Reads a key.
   *
   * @return the key; null if the line is empty, or an event of a run that concerns no key
   * @throws BadLineException if the line is not of one of the three kinds, or could be of two
   */
  public static @Nullable String key(String line) throws BadLineException {
    if (line.isEmpty()) {
      return null;
    }
    try {
      return switch (line.charAt(0)) {
        case '"' -> ofString(line);
        case '{' -> ofObject(line);
        case BYTE_ORDER_MARK ->
            throw new BadLineException(
                "begins with a byte order mark: remove the mark, or write \"\\ufeff…\" if the key"
                    + " begins with it");
        default -> ofItself(line);
      };
    } catch (IOException | JsonParseException | IllegalStateException e) {
      throw new BadLineException(
          line.charAt(0) == '{'
              ? "is not an object with a \"key\""
              : "begins with a quotation mark and is not a JSON string: write "
                  + quoted(line)
                  + " if that is the key");
    }
  }

  private static String ofItself(String line) throws BadLineException {
    if (line.indexOf('\r') >= 0) {
      throw new BadLineException(
          "contains a carriage return: end lines with a line feed only, or write "
              + quoted(line)
              + " if that is the key");
    }
    if (line.indexOf('\0') >= 0) {
      throw new BadLineException(
          "contains a NUL: use --null for keys that NULs separate, or write "
              + escaped(quoted(line))
              + " if that is the key");
    }
    return line;
  }

  private static String ofString(String line) throws IOException, BadLineException {
    JsonReader json = strict(line);
    String key = json.nextString();
    checkEnd(json);
    if (isPlain(key) && line.length() == key.length() + 2) {
      throw new BadLineException(
          "is in quotation marks that the key does not need: write "
              + key
              + ", or "
              + quoted(line)
              + " if the quotation marks belong to the key");
    }
    return key;
  }

  private static @Nullable String ofObject(String line) throws IOException, BadLineException {
    JsonReader json = strict(line);
    String key = null;
    String base64 = null;
    boolean isEvent = false;
    json.beginObject();
    while (json.hasNext()) {
      switch (json.nextName()) {
        case "key" -> key = once(json, key);
        case "key_base64" -> base64 = once(json, base64);
        case "event" -> {
          isEvent = true;
          json.skipValue();
        }
        default -> json.skipValue();
      }
    }
    json.endObject();
    checkEnd(json);
    if (base64 != null) {
      try {
        return KeyBytes.text(Base64.getDecoder().decode(base64));
      } catch (IllegalArgumentException e) {
        throw new BadLineException("has a \"key_base64\" that is not base64");
      }
    }
    if (key == null && !isEvent) {
      throw new BadLineException("is not an object with a \"key\"");
    }
    return key;
  }

  private static String once(JsonReader json, @Nullable String before) throws IOException {
    if (before != null || json.peek() != JsonToken.STRING) {
      throw new MalformedJsonException("not one string");
    }
    return json.nextString();
  }

  private static JsonReader strict(String line) {
    JsonReader json = new JsonReader(new StringReader(line));
    json.setStrictness(Strictness.STRICT);
    return json;
  }

  private static void checkEnd(JsonReader json) throws IOException {
    if (json.peek() != JsonToken.END_DOCUMENT) {
      throw new MalformedJsonException("more than one value");
    }
  }
}
