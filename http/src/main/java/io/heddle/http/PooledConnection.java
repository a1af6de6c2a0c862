package io.heddle.http;

import io.heddle.AfterFunc;
import io.heddle.Go;
import io.heddle.http.HttpPool.Response;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A connection to a server: sends requests, reads the responses. */
final class PooledConnection {
  /** What a system takes at once from a connection with nothing on its way. */
  private static final int SEND_BUFFER = 8 << 10;

  /** The network's, which TLS may be on top of. */
  private final Socket transport;

  private final Socket socket;
  private final HttpLimits limits;
  private final Duration timeout;
  private final HttpInput in;
  private long deadline;
  private volatile boolean isTooLate;

  /** When it became idle. */
  long lastUsed;

  /** Whether anything came in answer to the last request. */
  boolean hasAnswered;

  PooledConnection(Socket transport, Socket socket, HttpLimits limits, Duration timeout)
      throws IOException {
    this.transport = transport;
    this.socket = socket;
    this.limits = limits;
    this.timeout = timeout;
    this.in = new HttpInput(new Limited(socket.getInputStream()), limits);
  }

  /**
   * Whether it can be used for another request: nothing must have come that was not asked for. A
   * server that closes an idle connection may say so before, and that would pass for the answer.
   */
  boolean isQuiet() {
    try {
      return !in.isAhead();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Adds the responses, up to one after which the server closes the connection.
   *
   * @return whether it can be used again
   */
  boolean exchange(String method, List<byte[]> requests, List<Response> responses)
      throws IOException {
    hasAnswered = false;
    write(requests.size() == 1 ? requests.getFirst() : HttpPool.joined(requests));
    for (int i = 0; i < requests.size(); i++) {
      deadline = Go.nanoTime() + timeout.toNanos();
      if (in.isAtEnd()) {
        throw new EOFException("the server closed the connection");
      }
      hasAnswered = true;
      if (!read(method, responses)) {
        return false;
      }
    }
    return true;
  }

  private void write(byte[] bytes) throws IOException {
    if (bytes.length <= SEND_BUFFER) {
      socket.getOutputStream().write(bytes);
      return;
    }
    AfterFunc late =
        Go.afterFunc(
            timeout,
            () -> {
              isTooLate = true;
              // TLS would want to say good-bye, and wait for who writes at the moment.
              close(transport);
            });
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      if (isTooLate) {
        throw (SocketTimeoutException)
            new SocketTimeoutException("the server does not take the request").initCause(e);
      }
      throw e;
    } finally {
      late.stop();
    }
  }

  /** Yields whether there may be another. */
  private boolean read(String method, List<Response> responses) throws IOException {
    HttpInput.Head head = in.responseHead();
    int status = head.status();
    Map<String, String> headers = head.headers();
    boolean hasBody = HttpAnswer.Response.hasBody(status) && !method.equals("HEAD");
    Framing framing =
        hasBody ? Framing.of(headers, limits.body(), new Framing.UntilEnd()) : Framing.NONE;
    responses.add(new Response(status, headers, in.body(framing)));
    return !(framing instanceof Framing.UntilEnd) && !Framing.hasClose(headers);
  }

  void close() {
    close(socket);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // closed or not, we are done with it
    }
  }

  /** Ends a read at the deadline of the whole response, however slowly that comes. */
  private final class Limited extends InputStream {
    private final InputStream in;

    Limited(InputStream in) {
      this.in = in;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      long millis = Duration.ofNanos(deadline - Go.nanoTime()).toMillis();
      if (millis <= 0) {
        throw new SocketTimeoutException("the response is not complete in time");
      }
      socket.setSoTimeout(Math.toIntExact(millis));
      return in.read(bytes, offset, length);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int available() throws IOException {
      return in.available();
    }
  }
}
