package io.heddle.remote;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A message as a backend stores it.
 *
 * @param body a line for each header, an empty line, and the encoded value
 */
record Envelope(String id, String key, Duration delay, String body) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9-]+");

  static <T> Envelope of(Message<? extends T> message, Codec<T> codec) {
    StringBuilder body = new StringBuilder();
    new TreeMap<>(message.headers())
        .forEach((name, text) -> body.append(name).append(": ").append(text).append('\n'));
    String text;
    try {
      text = codec.encode(message.value());
    } catch (Exception e) {
      throw new IllegalArgumentException("the codec cannot encode a value: " + e, e);
    }
    body.append('\n').append(text);
    checkText(body.toString());
    return new Envelope(message.id(), message.key(), message.delay(), body.toString());
  }

  static void checkText(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "the text of a value contains U+0000, which PostgreSQL does not store");
    }
  }

  static void check(String name, String text) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "the name of a header consists of letters, digits and hyphens: \"" + name + "\"");
    }
    if (text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0 || text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("the header " + name + " contains a line break or U+0000");
    }
  }

  /** The headers of a stored body. */
  static Map<String, String> headers(String body) {
    Map<String, String> headers = new HashMap<>();
    for (int start = 0; ; ) {
      int end = body.indexOf('\n', start);
      if (end <= start) {
        return headers;
      }
      int colon = body.indexOf(": ", start);
      if (colon > start && colon < end) {
        headers.put(body.substring(start, colon), body.substring(colon + 2, end));
      }
      start = end + 1;
    }
  }

  /**
   * The encoded value in a stored body.
   *
   * @throws IllegalArgumentException if another program has stored it, without the empty line
   */
  static String text(String body) {
    int start = start(body);
    if (start < 0) {
      throw new IllegalArgumentException("the message has no empty line before its value");
    }
    return body.substring(start);
  }

  /** What a person is shown of a stored body: the encoded value, or else all of it. */
  static String shown(String body) {
    return body.substring(Math.max(0, start(body)));
  }

  private static int start(String body) {
    if (body.startsWith("\n")) {
      return 1;
    }
    int end = body.indexOf("\n\n");
    return end < 0 ? -1 : end + 2;
  }
}
