package io.heddle.purge.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.heddle.Go;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.net.Socket;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A connection of a client that speaks HTTP/1.1: reads requests, writes responses. */
final class HttpConnection {
  private static final int MAX_LINE = 16 * 1024;
  private static final int MAX_HEADERS = 200;
  private static final int MAX_BODY = 256 * 1024 * 1024;
  private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(ISO_8859_1);

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] buffer = new byte[MAX_LINE];
  private int position;
  private int end;

  HttpConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
    this.out = socket.getOutputStream();
  }

  /** Reads the next request; null if the client has hung up. */
  @Nullable HttpRequest read() throws IOException {
    if (position == end && !fill()) {
      return null;
    }
    String[] request = line().split(" ", -1);
    if (request.length != 3 || !request[2].startsWith("HTTP/1.")) {
      throw new ProtocolException("not a request line of HTTP/1.1");
    }
    Map<String, String> headers = new HashMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      if (colon <= 0 || headers.size() == MAX_HEADERS) {
        throw new ProtocolException("not a header, or too many");
      }
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    if ("100-continue".equalsIgnoreCase(headers.get("expect"))) {
      out.write(CONTINUE);
    }
    return HttpRequest.of(request[0], request[1], headers, body(headers));
  }

  private byte[] body(Map<String, String> headers) throws IOException {
    if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      while (true) {
        String size = line();
        int extension = size.indexOf(';');
        int length = number(extension < 0 ? size : size.substring(0, extension), 16);
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
    return length == null ? new byte[0] : bytes(number(length, 10));
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

  void write(HttpRequest request, HttpAnswer answer) throws IOException, InterruptedException {
    switch (answer) {
      case HttpAnswer.Response response -> {
        out.write(bytes(request, response, response.body().length));
        out.flush();
      }
      case HttpAnswer.Slow(HttpAnswer.Response response, var pause) -> {
        out.write(bytes(request, response, 0));
        for (byte one : response.body()) {
          out.write(one);
          out.flush();
          Go.sleep(pause);
        }
      }
      case HttpAnswer.Reset _ -> {
        socket.setSoLinger(true, 0);
        socket.close();
      }
    }
  }

  /** Head, and the first bytes of the body, for a single write. */
  private static byte[] bytes(HttpRequest request, HttpAnswer.Response response, int length)
      throws IOException {
    StringBuilder head = new StringBuilder(160);
    head.append("HTTP/1.1 ").append(response.status()).append(' ').append("\r\n");
    response
        .headers()
        .forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    if (response.status() != 204) {
      head.append("Content-Length: ").append(response.body().length).append("\r\n");
    }
    head.append("\r\n");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(head.length() + length);
    bytes.write(head.toString().getBytes(ISO_8859_1));
    if (!request.method().equals("HEAD")) {
      bytes.write(response.body(), 0, length);
    }
    return bytes.toByteArray();
  }

  private String line() throws IOException {
    int start = position;
    int at = start;
    while (true) {
      for (; at < end; at++) {
        if (buffer[at] == '\n') {
          position = at + 1;
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
        throw new ProtocolException("line too long");
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

  private boolean fill() throws IOException {
    position = 0;
    end = Math.max(0, in.read(buffer, 0, buffer.length));
    return end > 0;
  }
}
