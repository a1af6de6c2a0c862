package io.heddle.purge.keys;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Keys that are bytes, as text, without loss. A byte that is not part of valid UTF-8 becomes a lone
 * low surrogate, U+DC80 to U+DCFF, which valid UTF-8 never contains. (Python calls this encoding
 * surrogateescape.)
 *
 * <p>Each sequence of bytes has exactly one text. A text that no sequence of bytes has, such as one
 * with another lone surrogate, is rejected: encoding it would name a different key.
 */
public final class KeyBytes {
  private static final char ESCAPE = '\udc00';
  private static final char REPLACEMENT = '\ufffd';

  private KeyBytes() {}

  /** Decodes a key. */
  public static String text(byte[] bytes) {
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

  /** The length of the UTF-8 sequence that begins here; 0 if there is no valid one. */
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

  /**
   * Encodes a key.
   *
   * @throws IllegalArgumentException if no sequence of bytes has this text
   */
  public static byte[] of(String key) {
    if (isUnicode(key)) {
      return key.getBytes(UTF_8);
    }
    byte[] bytes = bytes(key);
    if (!text(bytes).equals(key)) {
      throw new IllegalArgumentException("not the text of any bytes: " + KeyLine.of(key));
    }
    return bytes;
  }

  private static byte[] bytes(String key) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(key.length() + 8);
    int start = 0;
    for (int i = 0; i < key.length(); i++) {
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

  /**
   * Whether the bytes of a key begin with those of a prefix. The prefix may end within a character.
   */
  public static boolean startsWith(String key, String prefix) {
    if (key.startsWith(prefix)) {
      return true;
    }
    if (isUnicode(prefix) || !isText(key)) {
      return false;
    }
    byte[] bytes = of(key);
    byte[] start = of(prefix);
    return bytes.length >= start.length
        && Arrays.equals(bytes, 0, start.length, start, 0, start.length);
  }

  /** Compares keys by their bytes, as stores with ordered keys do. */
  public static int compare(String one, String other) {
    return Arrays.compareUnsigned(any(one), any(other));
  }

  /** Computes a checksum of a key's bytes, from 0 to 2^32-1: CRC-32C. */
  public static long checksum(String key) {
    CRC32C checksum = new CRC32C();
    byte[] bytes = any(key);
    checksum.update(bytes, 0, bytes.length);
    return checksum.getValue();
  }

  /** The bytes of any text; other characters are replaced if it is not the text of bytes. */
  private static byte[] any(String key) {
    return isText(key) ? of(key) : key.getBytes(UTF_8);
  }

  /** Whether a text is the text of some bytes: {@link #of} would not reject it. */
  public static boolean isText(String key) {
    return isUnicode(key) || text(bytes(key)).equals(key);
  }

  /** Whether a text has no lone surrogates: whether UTF-8 can represent it. */
  public static boolean isUnicode(String key) {
    for (int i = 0; i < key.length(); i++) {
      if (Character.isSurrogate(key.charAt(i))) {
        if (!Character.isSurrogatePair(
            key.charAt(i), i + 1 < key.length() ? key.charAt(i + 1) : 0)) {
          return false;
        }
        i++;
      }
    }
    return true;
  }
}
