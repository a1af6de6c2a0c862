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
import java.util.concurrent.atomic.AtomicReference;

/**
 * A connection of a client: reads a request, has it answered, writes the response, and so on.
 *
 * <p>Somebody else may close it while it is idle, by a compare-and-set of the state: so no request
 * is lost whose first byte has been seen. And somebody looks now and then whether it is overdue.
 */
final class HttpConnection {
  private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(ISO_8859_1);

  /** How long, and for how many bytes, to listen to a client that has had its last response. */
  private static final Duration LINGER = Duration.ofSeconds(2);

  private static final int LINGER_BYTES = 256 << 10;
  private static final Duration FOREVER = Duration.ofDays(365);

  private final Socket socket;
  private final HttpServer server;
  private final ServerLimits limits;
  private final HttpInput in;
  private final OutputStream out;
  private final AtomicReference<State> state;

  /** Whether the request that was read is the last, by the client's will or by its version. */
  private boolean isLast;

  /** What it is at, and until when. Each is another, so that an old one cannot be mistaken. */
  private record State(boolean isIdle, long deadline) {}

  HttpConnection(Socket socket, HttpServer server, ServerLimits limits) throws IOException {
    this.socket = socket;
    this.server = server;
    this.limits = limits;
    this.in = new HttpInput(socket.getInputStream(), limits.messages());
    this.out = socket.getOutputStream();
    this.state = new AtomicReference<>(state(true, limits.idle()));
  }

  private static State state(boolean isIdle, Duration time) {
    return new State(isIdle, Go.nanoTime() + time.toNanos());
  }

  private void busyFor(Duration time) {
    state.set(state(false, time));
  }

  /** Serves the requests that come, one after the other, and closes the connection. */
  void serve() throws InterruptedException {
    try (socket) {
      socket.setTcpNoDelay(true);
      boolean goesOn = true;
      while (goesOn) {
        State idle = state(true, limits.idle());
        state.set(idle);
        goesOn =
            !server.isShutDown()
                && !in.isAtEnd()
                && state.compareAndSet(idle, state(false, limits.request()))
                && serveOne();
      }
    } catch (IOException e) {
      // the client went away, or was too slow: its affair
    }
  }

  /** Yields whether there may be another. */
  private boolean serveOne() throws IOException, InterruptedException {
    HttpRequest request;
    try {
      request = read();
    } catch (HttpException e) {
      isLast = true;
      write("", Response.of(e.status, "text/plain", e.getMessage() + "\n"));
      linger();
      return false;
    }
    busyFor(FOREVER); // the handler takes the time it takes
    HttpAnswer answer = server.answer(request);
    isLast |= server.isShutDown();
    switch (answer) {
      case Response response -> write(request.method(), response);
      case HttpAnswer.Slow(Response response, Duration pause) ->
          write(request.method(), response, pause);
      case HttpAnswer.Reset _ -> {
        socket.setSoLinger(true, 0);
        return false;
      }
    }
    if (isLast) {
      linger();
    }
    return !isLast;
  }

  private HttpRequest read() throws IOException {
    String line = in.firstLine();
    if (line.isEmpty()) {
      line = in.firstLine(); // some clients send a line too many after a body
    }
    String[] parts = line.split(" ", -1);
    if (parts.length != 3 || !HttpInput.isToken(parts[0])) {
      throw HttpException.malformed("not a request line");
    }
    boolean isOld = parts[2].equals("HTTP/1.0");
    if (!isOld && !parts[2].equals("HTTP/1.1")) {
      throw parts[2].startsWith("HTTP/")
          ? new HttpException(505, "not HTTP/1.1")
          : HttpException.malformed("not a request line");
    }
    Map<String, String> headers = in.headers();
    if (isOld ? headers.containsKey("transfer-encoding") : !headers.containsKey("host")) {
      throw HttpException.malformed("not a request of " + parts[2]);
    }
    isLast = isOld || Framing.hasClose(headers);
    Framing framing = Framing.of(headers, limits.messages().body(), Framing.NONE);
    String expected = headers.get("expect");
    if (expected != null && !isOld) {
      if (!expected.equalsIgnoreCase("100-continue")) {
        throw new HttpException(417, "cannot do what is expected");
      }
      if (!framing.equals(Framing.NONE)) {
        out.write(CONTINUE);
      }
    }
    HttpRequest request = HttpRequest.of(parts[0], parts[1], headers);
    return request.with(in.body(framing));
  }

  private void write(String method, Response response) throws IOException {
    boolean hasBody = !method.equals("HEAD");
    byte[] head = head(response);
    byte[] bytes = Arrays.copyOf(head, head.length + (hasBody ? response.body().length : 0));
    System.arraycopy(response.body(), 0, bytes, head.length, bytes.length - head.length);
    busyFor(limits.write());
    out.write(bytes);
  }

  private void write(String method, Response response, Duration pause)
      throws IOException, InterruptedException {
    busyFor(limits.write());
    out.write(head(response));
    for (byte one : method.equals("HEAD") ? new byte[0] : response.body()) {
      busyFor(limits.write().plus(pause));
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

  /**
   * Says that there will be no more responses, and waits for the client to close. If the connection
   * were closed with something unread in it, the client's system would throw away what it has
   * received of the last response.
   */
  private void linger() throws IOException {
    socket.shutdownOutput();
    busyFor(LINGER);
    in.skip(LINGER_BYTES);
  }

  /** How long it has been idle, in nanoseconds; negative if it is not. */
  long idleTime() {
    State now = state.get();
    return now.isIdle ? limits.idle().toNanos() - (now.deadline - Go.nanoTime()) : -1;
  }

  void closeIfIdle() {
    State now = state.get();
    if (now.isIdle) {
      close(now);
    }
  }

  void closeIfOverdue() {
    State now = state.get();
    if (now.deadline - Go.nanoTime() < 0) {
      close(now);
    }
  }

  private void close(State seen) {
    if (state.compareAndSet(seen, state(false, FOREVER))) {
      try {
        if (!seen.isIdle) {
          socket.setSoLinger(true, 0); // a reset: what is on its way is not worth the memory
        }
        socket.close();
      } catch (IOException e) {
        // closed or not, we are done with it
      }
    }
  }
}
