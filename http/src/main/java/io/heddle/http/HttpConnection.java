package io.heddle.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.heddle.Go;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.net.Socket;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A connection of a client that speaks HTTP/1.1: reads requests, writes responses. */
final class HttpConnection {
  private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(ISO_8859_1);

  private final Socket socket;
  private final HttpInput in;
  private final OutputStream out;

  HttpConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new HttpInput(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /** Reads the next request; null if the client has hung up. */
  @Nullable HttpRequest read() throws IOException {
    if (in.isAtEnd()) {
      return null;
    }
    String[] request = in.line().split(" ", -1);
    if (request.length != 3 || !request[2].startsWith("HTTP/1.")) {
      throw new ProtocolException("not a request line of HTTP/1.1");
    }
    Map<String, String> headers = in.headers();
    if ("100-continue".equalsIgnoreCase(headers.get("expect"))) {
      out.write(CONTINUE);
    }
    return HttpRequest.of(request[0], request[1], headers, in.body(headers, false));
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
}
