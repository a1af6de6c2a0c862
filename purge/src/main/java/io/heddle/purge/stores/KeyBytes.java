package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Keys that are bytes, as text, without loss: what is not UTF-8 becomes a lone low surrogate for
 * each byte, from U+DC80 on, which no UTF-8 text has. (Python calls that surrogateescape.)
 */
final class KeyBytes {
  private static final char ESCAPE = '\udc00';
  private static final char REPLACEMENT = '\ufffd';

  private KeyBytes() {}

  static String text(byte[] bytes) {
    String text = new String(bytes, UTF_8);
    return text.indexOf(REPLACEMENT) < 0 ? text : escaped(bytes);
  }

  private static String escaped(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    for (int i = 0; i < bytes.length; ) {
      int length = bytes[i] >= 0 ? 1 : sequence(bytes, i);
      if (length == 0) {
        text.append((char) (ESCAPE + (bytes[i] & 0xff)));
        i++;
      } else {
        text.append(new String(bytes, i, length, UTF_8));
        i += length;
      }
    }
    return text.toString();
  }

  /** How long the UTF-8 sequence is that begins here; 0 if it is none. */
  private static int sequence(byte[] bytes, int start) {
    int first = bytes[start] & 0xff;
    int length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || start + length > bytes.length) {
      return 0;
    }
    String one = new String(bytes, start, length, UTF_8);
    boolean isOne = one.codePointCount(0, one.length()) == 1;
    boolean isItself =
        isOne
            && Arrays.equals(one.getBytes(UTF_8), Arrays.copyOfRange(bytes, start, start + length));
    return isItself ? length : 0;
  }

  static byte[] of(String key) {
    int i = 0;
    while (i < key.length() && !isEscape(key, i)) {
      i++;
    }
    if (i == key.length()) {
      return key.getBytes(UTF_8);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(key.length() + 8);
    int start = 0;
    for (i = 0; i < key.length(); i++) {
      if (isEscape(key, i)) {
        bytes.writeBytes(key.substring(start, i).getBytes(UTF_8));
        bytes.write(key.charAt(i) - ESCAPE);
        start = i + 1;
      }
    }
    bytes.writeBytes(key.substring(start).getBytes(UTF_8));
    return bytes.toByteArray();
  }

  private static boolean isEscape(String key, int at) {
    char c = key.charAt(at);
    return c >= ESCAPE + 0x80
        && c <= ESCAPE + 0xff
        && (at == 0 || !Character.isHighSurrogate(key.charAt(at - 1)));
  }
}
