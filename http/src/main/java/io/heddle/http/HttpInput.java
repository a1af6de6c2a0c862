package io.heddle.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads what requests and responses are made of, as RFC 9112 has it. Where that leaves the choice
 * to be lenient, this is not: lines end in CR LF, and no header is folded.
 */
final class HttpInput {
  private static final int BUFFER = 4 << 10;
  private static final int CHUNK_LINE = 1 << 10;

  /** How much of a body is allocated before it arrives. */
  private static final int FIRST_PART = 64 << 10;

  /** Headers whose meaning would depend on which of several one looks at. */
  private static final Set<String> ONLY_ONCE = Set.of("content-length", "host", "authorization");

  private final InputStream in;
  private final HttpLimits limits;
  private byte[] buffer = new byte[BUFFER];
  private int position;
  private int end;

  HttpInput(InputStream in, HttpLimits limits) {
    this.in = in;
    this.limits = limits;
  }

  /** Waits for the next byte, which is not taken; true if none comes. */
  boolean isAtEnd() throws IOException {
    return position == end && !fill();
  }

  /** Whether there is something to read that came already. */
  boolean isAhead() throws IOException {
    return position < end || in.available() > 0;
  }

  /** Reads and forgets up to so many bytes, or up to the end. */
  void skip(int bytes) throws IOException {
    for (int left = bytes; left > 0 && !isAtEnd(); ) {
      left -= end - position;
      position = end;
    }
  }

  /** The first line of a message. */
  String firstLine() throws IOException {
    return line(limits.line(), 414, "a first line");
  }

  /**
   * The headers, their names in lower case. Several of one name are one, with commas between the
   * values.
   */
  Map<String, String> headers() throws IOException {
    Map<String, String> headers = new HashMap<>();
    int left = limits.headerBytes();
    int number = 0;
    while (true) {
      String line = line(left, 431, "headers");
      if (line.isEmpty()) {
        return headers;
      }
      left -= line.length();
      if (++number > limits.headers()) {
        throw new HttpException(431, "more than " + limits.headers() + " headers");
      }
      int colon = line.indexOf(':');
      String name = line.substring(0, Math.max(0, colon)).toLowerCase(Locale.ROOT);
      if (!isToken(name)) { // nor is a blank before the colon, or the rest of a folded header
        throw HttpException.malformed("not a header");
      }
      String value = line.substring(colon + 1).strip();
      String before = headers.put(name, value);
      if (before != null) {
        if (ONLY_ONCE.contains(name)) {
          throw HttpException.malformed("more than one header " + name);
        }
        headers.put(name, before + ", " + value);
      }
    }
  }

  /** Whether a text is a token of HTTP, as methods and names of headers are. */
  static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean isAlphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c);
      if (!isAlphanumeric && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  byte[] body(Framing framing) throws IOException {
    return switch (framing) {
      case Framing.Fixed(int length) -> bytes(length);
      case Framing.Chunked _ -> chunks();
      case Framing.UntilEnd _ -> {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (!isAtEnd()) {
          if (body.size() + (end - position) > limits.body()) {
            throw new HttpException(413, "too large a body");
          }
          body.write(buffer, position, end - position);
          position = end;
        }
        yield body.toByteArray();
      }
    };
  }

  private byte[] chunks() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      String line = line(CHUNK_LINE, 400, "a chunk's size");
      int extension = line.indexOf(';');
      String size = extension < 0 ? line : line.substring(0, extension).stripTrailing();
      int length = Framing.number(size, 16, limits.body() - body.size());
      if (length == 0) {
        headers(); // those after the body, which nobody is interested in
        return body.toByteArray();
      }
      body.writeBytes(bytes(length));
      line(0, 400, "a chunk's end");
    }
  }

  private String line(int max, int tooLong, String what) throws IOException {
    int seen = 0; // of what there is from the position on
    while (true) {
      for (int i = position + seen; i < end; i++) {
        if (buffer[i] == '\n') {
          if (i - 1 - position > max) {
            throw new HttpException(tooLong, what + " of more than " + max + " bytes");
          }
          String line = text(i - 1 - position);
          position = i + 1;
          return line;
        }
      }
      seen = end - position;
      if (seen > max + 1) { // with a CR
        throw new HttpException(tooLong, what + " of more than " + max + " bytes");
      }
      if (!fill()) {
        throw new EOFException("connection closed in a message");
      }
    }
  }

  private String text(int length) throws HttpException {
    if (length < 0 || buffer[position + length] != '\r') {
      throw HttpException.malformed("a line that does not end in CR LF");
    }
    for (int i = position; i < position + length; i++) {
      if ((buffer[i] >= 0 && buffer[i] < ' ' && buffer[i] != '\t') || buffer[i] == 0x7f) {
        throw HttpException.malformed("a control character");
      }
    }
    return new String(buffer, position, length, ISO_8859_1);
  }

  /** Reads more, after what there is; false if no more comes. */
  private boolean fill() throws IOException {
    if (position > 0) {
      System.arraycopy(buffer, position, buffer, 0, end - position);
      end -= position;
      position = 0;
    }
    if (end == buffer.length) {
      buffer = Arrays.copyOf(buffer, 2 * end); // a line is that long, within its limit
    }
    int read = in.read(buffer, end, buffer.length - end);
    end += Math.max(0, read);
    return read > 0;
  }

  private byte[] bytes(int length) throws IOException {
    byte[] bytes = new byte[Math.min(length, FIRST_PART)];
    int filled = Math.min(length, end - position);
    if (filled > bytes.length) {
      bytes = new byte[filled];
    }
    System.arraycopy(buffer, position, bytes, 0, filled);
    position += filled;
    while (filled < length) {
      if (filled == bytes.length) {
        bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * filled));
      }
      int read = in.read(bytes, filled, bytes.length - filled);
      if (read < 0) {
        throw new EOFException("connection closed in a body");
      }
      filled += read;
    }
    return bytes;
  }
}
