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

  private static final int MAX_INTERIM = 10;

  /** How much of a body is allocated before it arrives. */
  private static final int FIRST_PART = 64 << 10;

  /** Headers whose meaning would depend on which of several one looks at. */
  private static final Set<String> ONLY_ONCE = Set.of("content-length", "host", "authorization");

  private final InputStream in;
  private final HttpLimits limits;
  private final boolean isLenient;
  private byte[] buffer = new byte[BUFFER];
  private int position;
  private int end;

  HttpInput(InputStream in, HttpLimits limits) {
    this(in, limits, false);
  }

  /** If lenient, lines may end in LF alone, as in a response they do no harm. */
  HttpInput(InputStream in, HttpLimits limits, boolean isLenient) {
    this.in = in;
    this.limits = limits;
    this.isLenient = isLenient;
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
    return line(limits.line(), 414, "a line of more than %d bytes");
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
      String line = line(left, 431, "too many bytes of headers");
      if (line.isEmpty()) {
        return headers;
      }
      left -= line.length();
      if (++number > limits.headers()) {
        throw new LimitException(431, "more than " + limits.headers() + " headers");
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

  /** Status and headers of a response. */
  record Head(int status, Map<String, String> headers) {}

  /** The head of a response, after those that only say that it will come: 100 Continue and such. */
  Head responseHead() throws IOException {
    for (int i = 0; i <= MAX_INTERIM; i++) {
      Head head = new Head(status(), headers());
      if (head.status >= 200) {
        return head;
      }
    }
    throw new LimitException(431, "more than " + MAX_INTERIM + " responses before the response");
  }

  private int status() throws IOException {
    String line = firstLine();
    boolean isStatus = line.startsWith("HTTP/1.") && line.length() >= 12 && line.charAt(8) == ' ';
    int status = isStatus ? (int) Framing.number(line.substring(9, 12), 10, 999) : 0;
    if (status < 100 || status == 101 || status > 599) {
      throw HttpException.malformed("not a response of HTTP/1.1");
    }
    return status;
  }

  /** The whole body. */
  byte[] body(Framing framing) throws IOException {
    return switch (framing) {
      case Framing.Fixed(long length) -> bytes((int) length); // within the limit
      case Framing.Chunked _ -> chunks();
      case Framing.UntilEnd _ -> {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (!isAtEnd()) {
          if (body.size() + (end - position) > limits.body()) {
            throw new LimitException(413, "too large a body");
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
      int length = (int) chunkSize(limits.body() - body.size());
      if (length == 0) {
        headers(); // those after the body, which nobody is interested in
        return body.toByteArray();
      }
      body.writeBytes(bytes(length));
      endChunk();
    }
  }

  /** How long the chunk is that begins here; 0 if it is the last. */
  long chunkSize(long max) throws IOException {
    String line = line(CHUNK_LINE, 400, "more than %d bytes of a chunk's size");
    int extension = line.indexOf(';');
    return Framing.number(
        extension < 0 ? line : line.substring(0, extension).stripTrailing(), 16, max);
  }

  void endChunk() throws IOException {
    line(0, 400, "a chunk that is longer than it says");
  }

  /** Some of what comes next; -1 at the end. */
  int read(byte[] bytes, int offset, int length) throws IOException {
    if (isAtEnd()) {
      return -1;
    }
    int read = Math.min(length, end - position);
    System.arraycopy(buffer, position, bytes, offset, read);
    position += read;
    return read;
  }

  private String line(int max, int status, String what) throws IOException {
    int seen = 0; // of what there is from the position on
    while (true) {
      for (int i = position + seen; i < end; i++) {
        if (buffer[i] == '\n') {
          int length = lineEnd(i) - position;
          if (length > max) {
            throw new LimitException(status, what.formatted(max));
          }
          String line = text(length);
          position = i + 1;
          return line;
        }
      }
      seen = end - position;
      if (seen > max + 1) { // with a CR
        throw new LimitException(status, what.formatted(max));
      }
      if (!fill()) {
        throw new EOFException("connection closed in a message");
      }
    }
  }

  /** Where a line ends whose LF is there. */
  private int lineEnd(int newline) throws HttpException {
    if (newline > position && buffer[newline - 1] == '\r') {
      return newline - 1;
    }
    if (!isLenient) {
      throw HttpException.malformed("a line that does not end in CR LF");
    }
    return newline;
  }

  private String text(int length) throws HttpException {
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
