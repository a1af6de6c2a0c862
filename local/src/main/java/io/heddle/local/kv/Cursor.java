package io.heddle.local.kv;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The key after which a page begins. The service encodes it as base64 of a protocol buffer whose
 * field 1 is the key, its emulator as base64 of the key. A key never contains a line feed, whose
 * code is the tag of field 1, so the two forms can be distinguished.
 */
final class Cursor {
  private static final int TAG = 0x0a;

  private Cursor() {}

  static String of(String key) {
    byte[] bytes = key.getBytes(UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + 3);
    out.write(TAG);
    int length = bytes.length;
    for (; length > 127; length >>>= 7) {
      out.write((length & 127) | 128);
    }
    out.write(length);
    out.writeBytes(bytes);
    return Base64.getEncoder().encodeToString(out.toByteArray());
  }

  /** The key; null if the text is not a cursor. */
  static @Nullable String key(String cursor) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(cursor);
    } catch (IllegalArgumentException e) {
      return null;
    }
    if (bytes.length == 0 || bytes[0] != TAG) {
      return new String(bytes, UTF_8);
    }
    int length = 0;
    int at = 1;
    for (int shift = 0; at < bytes.length && shift < 28; shift += 7) {
      byte part = bytes[at++];
      length |= (part & 127) << shift;
      if (part >= 0) {
        return length == bytes.length - at ? new String(bytes, at, length, UTF_8) : null;
      }
    }
    return null;
  }
}
