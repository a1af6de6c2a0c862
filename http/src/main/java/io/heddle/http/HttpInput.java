package io.heddle.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Reads what requests and responses are made of. */
final class HttpInput {
  private static final int MAX_LINE = 16 * 1024;
  private static final int MAX_HEADERS = 200;
  private static final int MAX_BODY = 256 * 1024 * 1024;

  private final InputStream in;
  private final byte[] buffer = new byte[MAX_LINE];
  private final int maxHead;
  private int position;
  private int end;

  /** How much of what is not a body has been read. */
  private long head;

  HttpInput(InputStream in) {
    this(in, Integer.MAX_VALUE);
  }

  /** For a single request or response, all lines of which together are limited. */
  HttpInput(InputStream in, int maxHead) {
    this.in = in;
    this.maxHead = maxHead;
  }

  /** Waits for the next byte, which is not taken; true if none comes. */
  boolean isAtEnd() throws IOException {
    if (position == end) {
      position = 0;
      end = Math.max(0, in.read(buffer, 0, buffer.length));
    }
    return position == end;
  }

  /** The status of a response. */
  int status() throws IOException {
    String line = line();
    try {
      if (line.startsWith("HTTP/1.") && line.length() >= 12) {
        return Integer.parseInt(line.substring(9, 12));
      }
    } catch (NumberFormatException e) {
      // as if it were no status line
    }
    throw new ProtocolException("not a response of HTTP/1.1");
  }

  static boolean hasBody(int status) {
    return status != 204 && status != 304;
  }

  /** The headers, their names in lower case. */
  Map<String, String> headers() throws IOException {
    Map<String, String> headers = new HashMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      if (colon <= 0 || headers.size() == MAX_HEADERS) {
        throw new ProtocolException("not a header, or too many");
      }
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return headers;
  }

  /** The body that the headers announce. Without any such header, all up to the end, or nothing. */
  byte[] body(Map<String, String> headers, boolean isUpToTheEnd) throws IOException {
    if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      while (true) {
        int length = chunkSize();
        if (body.size() + (long) length > MAX_BODY) {
          throw new ProtocolException("body too large");
        }
        if (length == 0) {
          while (!line().isEmpty()) {
            // a trailer
          }
          return body.toByteArray();
        }
        body.write(bytes(length));
        line();
      }
    }
    String length = headers.get("content-length");
    if (length != null) {
      return bytes(number(length, 10));
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (isUpToTheEnd && !isAtEnd()) {
      body.write(bytes(end - position));
    }
    return body.toByteArray();
  }

  /** The body of a response, to be read as far as one likes. */
  InputStream bodyStream(Map<String, String> headers) throws IOException {
    String length = headers.get("content-length");
    boolean isChunked = "chunked".equalsIgnoreCase(headers.get("transfer-encoding"));
    boolean isUpToTheEnd = !isChunked && length == null;
    return new HttpBody(
        this, isChunked, isUpToTheEnd, isChunked || length == null ? 0 : longNumber(length));
  }

  /** How long the chunk is that begins here; 0 if it is the last. */
  int chunkSize() throws IOException {
    String size = line();
    int extension = size.indexOf(';');
    return number(extension < 0 ? size : size.substring(0, extension), 16);
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

  private static long longNumber(String text) throws ProtocolException {
    try {
      long number = Long.parseLong(text.strip());
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // as if it were negative
    }
    throw new ProtocolException("not a length: " + text);
  }

  private static int number(String text, int radix) throws ProtocolException {
    try {
      int number = Integer.parseInt(text.strip(), radix);
      if (number >= 0 && number <= MAX_BODY) {
        return number;
      }
    } catch (NumberFormatException e) {
      // as if it were negative
    }
    throw new ProtocolException("not a length: " + text);
  }

  /** The next line, without its end. */
  String line() throws IOException {
    int start = position;
    int at = start;
    while (true) {
      for (; at < end; at++) {
        if (buffer[at] == '\n') {
          position = at + 1;
          head += position - start;
          if (head > maxHead) {
            throw new LimitException("more than " + maxHead + " bytes of headers");
          }
          int last = at > start && buffer[at - 1] == '\r' ? at - 1 : at;
          return new String(buffer, start, last - start, ISO_8859_1);
        }
      }
      if (start > 0) {
        System.arraycopy(buffer, start, buffer, 0, end - start);
        end -= start;
        at -= start;
        start = 0;
        position = 0;
      }
      if (end == buffer.length) {
        throw new LimitException("a line of more than " + MAX_LINE + " bytes");
      }
      int read = in.read(buffer, end, buffer.length - end);
      if (read < 0) {
        throw new EOFException("connection closed in a request");
      }
      end += read;
    }
  }

  private byte[] bytes(int length) throws IOException {
    byte[] bytes = new byte[length];
    int buffered = Math.min(length, end - position);
    System.arraycopy(buffer, position, bytes, 0, buffered);
    position += buffered;
    if (in.readNBytes(bytes, buffered, length - buffered) < length - buffered) {
      throw new EOFException("connection closed in a body");
    }
    return bytes;
  }
}
