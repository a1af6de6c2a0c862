package io.heddle.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.heddle.Go;
import io.heddle.http.HttpAnswer.Response;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;

/** A connection of a client: reads a request, has it answered, writes the response, and so on. */
final class HttpConnection {
  private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(ISO_8859_1);

  /** How much of a refused request is discarded, so that its client reads the response. */
  private static final int DISCARDED = 256 << 10;

  private final Socket socket;
  private final HttpServer server;
  private final HttpLimits limits;
  private final HttpInput in;
  private final OutputStream out;

  /** Whether the request that was read is the last, by the client's will or by its version. */
  private boolean isLast;

  HttpConnection(Socket socket, HttpServer server, HttpLimits limits) throws IOException {
    this.socket = socket;
    this.server = server;
    this.limits = limits;
    this.in = new HttpInput(socket.getInputStream(), limits);
    this.out = socket.getOutputStream();
  }

  /** Serves the requests one after the other, and closes the connection. */
  void serve() throws InterruptedException {
    try (socket) {
      socket.setTcpNoDelay(true);
      while (!isLast && !in.isAtEnd()) {
        serveOne();
      }
    } catch (IOException e) {
      // the client went away
    }
  }

  private void serveOne() throws IOException, InterruptedException {
    HttpRequest request;
    try {
      request = read();
    } catch (HttpException e) {
      isLast = true;
      write("", Response.of(e.status, "text/plain", e.getMessage() + "\n"));
      socket.shutdownOutput();
      in.skip(DISCARDED);
      return;
    }
    switch (server.answer(request)) {
      case Response response -> write(request.method(), response);
      case HttpAnswer.Slow(Response response, Duration pause) ->
          write(request.method(), response, pause);
      case HttpAnswer.Reset _ -> {
        socket.setSoLinger(true, 0);
        isLast = true;
      }
    }
  }

  private HttpRequest read() throws IOException {
    String[] parts = in.firstLine().split(" ", -1);
    if (parts.length != 3 || !HttpInput.isToken(parts[0])) {
      throw HttpException.malformed("not a request line");
    }
    boolean isOld = parts[2].equals("HTTP/1.0");
    if (!isOld && !parts[2].equals("HTTP/1.1")) {
      throw new HttpException(505, "not HTTP/1.1");
    }
    Map<String, String> headers = in.headers();
    isLast = isOld || Framing.hasClose(headers);
    Framing framing = Framing.of(headers, limits.body(), Framing.NONE);
    if ("100-continue".equalsIgnoreCase(headers.get("expect"))) {
      out.write(CONTINUE);
    }
    HttpRequest request = HttpRequest.of(parts[0], parts[1], headers);
    return request.with(in.body(framing));
  }

  private void write(String method, Response response) throws IOException {
    boolean hasBody = !method.equals("HEAD");
    byte[] head = head(response);
    byte[] bytes = Arrays.copyOf(head, head.length + (hasBody ? response.body().length : 0));
    System.arraycopy(response.body(), 0, bytes, head.length, bytes.length - head.length);
    out.write(bytes);
  }

  private void write(String method, Response response, Duration pause)
      throws IOException, InterruptedException {
    out.write(head(response));
    for (byte one : method.equals("HEAD") ? new byte[0] : response.body()) {
      out.write(one);
      Go.sleep(pause);
    }
  }

  private byte[] head(Response response) {
    StringBuilder head = new StringBuilder(200);
    head.append("HTTP/1.1 ").append(response.status()).append(" \r\n");
    header(head, "Date", server.date());
    for (Map.Entry<String, String> header : response.headers().entrySet()) {
      if (!header.getKey().equalsIgnoreCase("connection")) {
        header(head, header.getKey(), header.getValue());
      } else {
        isLast |= Framing.isClose(header.getValue());
      }
    }
    if (isLast) {
      header(head, "Connection", "close");
    }
    if (Response.hasBody(response.status())) {
      header(head, "Content-Length", String.valueOf(response.body().length));
    }
    return head.append("\r\n").toString().getBytes(ISO_8859_1);
  }

  private static void header(StringBuilder head, String name, String value) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
}
