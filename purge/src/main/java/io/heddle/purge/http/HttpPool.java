package io.heddle.purge.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.heddle.Go;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Connections to one HTTP/1.1 server, as many as there are requests at a time. A request blocks its
 * goroutine and nobody else: there are no threads, selectors or callbacks behind this, and so a
 * small request costs a third of what it costs with {@code java.net.http}.
 *
 * <p>Only for requests that do no harm when sent twice: a connection that the server has closed
 * meanwhile is found out by using it, and then the request is sent again on a new one.
 */
public final class HttpPool implements AutoCloseable {
  private final String host;
  private final int port;
  private final boolean isSecure;
  private final Duration timeout;
  private final String fixedHeaders;

  /** The one used last is taken first: those that are not needed grow old and are dropped. */
  private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();

  private volatile boolean isClosed;

  /**
   * A response.
   *
   * @param status the HTTP status
   * @param headers the headers, their names in lower case
   * @param body the whole body
   */
  public record Response(int status, Map<String, String> headers, byte[] body) {}

  /**
   * Makes an empty pool.
   *
   * @param server an {@code http} or {@code https} address; its path is not used
   * @param timeout how long to wait for a connection, and then for a response to its end
   * @param headers what every request has
   * @throws IllegalArgumentException if it is no such address, or a header has a line break
   */
  public HttpPool(URI server, Duration timeout, Map<String, String> headers) {
    String scheme = String.valueOf(server.getScheme()).toLowerCase(Locale.ROOT);
    if (server.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new IllegalArgumentException(server + " is not an http or https address");
    }
    this.host = server.getHost();
    this.isSecure = scheme.equals("https");
    this.port = server.getPort() >= 0 ? server.getPort() : isSecure ? 443 : 80;
    this.timeout = timeout;
    StringBuilder fixed = new StringBuilder(" HTTP/1.1\r\nHost: ").append(server.getAuthority());
    headers.forEach((name, value) -> fixed.append("\r\n").append(name).append(": ").append(value));
    this.fixedHeaders = fixed.append("\r\n").toString();
    if (fixedHeaders.chars().filter(c -> c == '\n').count() != headers.size() + 2L) {
      throw new IllegalArgumentException("a header has a line break");
    }
  }

  /**
   * Sends a request and waits for the response.
   *
   * @param method GET, DELETE or anything else without a body
   * @param target path and query, encoded
   * @return the response
   * @throws SocketTimeoutException if it takes too long
   * @throws IOException if there is no connection, or it broke
   * @throws InterruptedException if the thread is interrupted; the connection is closed, so that
   *     the server sees it
   */
  public Response send(String method, String target) throws IOException, InterruptedException {
    return send(method, target, "", new byte[0]);
  }

  /**
   * Sends a request with a body and waits for the response.
   *
   * @param method POST, PUT or another
   * @param target path and query, encoded
   * @param type the body's media type
   * @param body the body
   * @return the response
   * @throws SocketTimeoutException if it takes too long
   * @throws IOException if there is no connection, or it broke
   * @throws InterruptedException if the thread is interrupted; the connection is closed, so that
   *     the server sees it
   */
  public Response send(String method, String target, String type, byte[] body)
      throws IOException, InterruptedException {
    String head = method + " " + target + fixedHeaders;
    if (!type.isEmpty()) {
      head += "Content-Type: " + type + "\r\nContent-Length: " + body.length + "\r\n";
    }
    byte[] headBytes = (head + "\r\n").getBytes(ISO_8859_1);
    byte[] request = Arrays.copyOf(headBytes, headBytes.length + body.length);
    System.arraycopy(body, 0, request, headBytes.length, body.length);

    while (true) {
      Connection used = idle.pollFirst();
      Connection connection = used != null ? used : connect();
      try {
        return connection.exchange(request);
      } catch (IOException e) {
        connection.close();
        if (Thread.interrupted()) {
          throw (InterruptedException) new InterruptedException("HTTP request").initCause(e);
        }
        boolean wasStale = used != null && !connection.hasAnswered;
        if (!wasStale || e instanceof SocketTimeoutException) {
          throw e;
        }
      }
    }
  }

  private Connection connect() throws IOException, InterruptedException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(host, port), Math.toIntExact(timeout.toMillis()));
      return new Connection(isSecure ? secured(socket) : socket);
    } catch (IOException e) {
      socket.close();
      if (Thread.interrupted()) {
        throw (InterruptedException) new InterruptedException("HTTP connection").initCause(e);
      }
      throw e;
    }
  }

  private Socket secured(Socket socket) throws IOException {
    socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
    SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    SSLSocket secured = (SSLSocket) factory.createSocket(socket, host, port, true);
    SSLParameters parameters = secured.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secured.setSSLParameters(parameters);
    secured.startHandshake();
    return secured;
  }

  /** Closes the idle connections, and the others as their requests end. */
  @Override
  public void close() {
    isClosed = true;
    for (Connection one; (one = idle.poll()) != null; ) {
      one.close();
    }
  }

  private final class Connection {
    private final Socket socket;
    private final HttpInput in;
    private long deadline;

    /** Whether anything came in answer to the last request. */
    boolean hasAnswered;

    Connection(Socket socket) throws IOException {
      this.socket = socket;
      this.in = new HttpInput(new Limited(socket.getInputStream()));
    }

    Response exchange(byte[] request) throws IOException {
      deadline = Go.nanoTime() + timeout.toNanos();
      hasAnswered = false;
      socket.getOutputStream().write(request);
      if (in.isAtEnd()) {
        throw new EOFException("the server closed the connection");
      }
      hasAnswered = true;
      int status = status(in.line());
      Map<String, String> headers = in.headers();
      while (status < 200) { // 100 Continue and its like
        status = status(in.line());
        headers = in.headers();
      }
      boolean hasBody = status != 204 && status != 304;
      Response response =
          new Response(status, headers, hasBody ? in.body(headers, true) : new byte[0]);
      boolean isReusable =
          !"close".equalsIgnoreCase(headers.get("connection"))
              && (!hasBody
                  || headers.containsKey("content-length")
                  || headers.containsKey("transfer-encoding"));
      if (isReusable && !isClosed) {
        idle.addFirst(this);
      } else {
        close();
      }
      return response;
    }

    private static int status(String line) throws ProtocolException {
      try {
        if (line.startsWith("HTTP/1.") && line.length() >= 12) {
          return Integer.parseInt(line.substring(9, 12));
        }
      } catch (NumberFormatException e) {
        // as if it were no status line
      }
      throw new ProtocolException("not a response of HTTP/1.1");
    }

    void close() {
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
    }
  }
}
