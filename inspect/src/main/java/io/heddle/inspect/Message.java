package io.heddle.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/**
 * A message of protocol buffers, or a packed field: a sequence of fields, each its number, its type
 * and its value. Numbers are in groups of seven bits, the lowest first.
 */
final class Message {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  Message add(int field, long value) {
    varint(((long) field << 3) | VARINT);
    varint(value);
    return this;
  }

  Message addFixed(int field, long value) {
    varint(((long) field << 3) | FIXED64);
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      out.write((int) (value >>> shift));
    }
    return this;
  }

  Message add(int field, String text) {
    return add(field, text.getBytes(UTF_8));
  }

  Message add(int field, Message message) {
    return add(field, message.bytes());
  }

  Message add(int field, byte[] bytes) {
    varint(((long) field << 3) | BYTES);
    varint(bytes.length);
    out.writeBytes(bytes);
    return this;
  }

  /** Adds the fields of another message. */
  Message addAll(Message fields) {
    out.writeBytes(fields.bytes());
    return this;
  }

  void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  byte[] bytes() {
    return out.toByteArray();
  }
}
