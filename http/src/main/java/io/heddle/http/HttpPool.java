package io.heddle.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.heddle.Go;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Connections to one HTTP/1.1 server, as many as there are requests at a time. A request blocks
 * only its goroutine. Requests can be sent ahead of the responses, which {@code java.net.http}
 * cannot.
 *
 * <p>Only for requests that do no harm when sent twice: a connection that the server has closed
 * meanwhile is found out by using it, and then the request is sent again on a new one.
 */
public final class HttpPool implements AutoCloseable {
  private static final byte[] NO_BODY = {};

  /** A server that one has chosen is trusted with more memory than a client that anybody is. */
  private static final HttpLimits LIMITS = new HttpLimits(8 << 10, 200, 256 << 10, 256 << 20);

  private final String host;
  private final int port;
  private final boolean isSecure;
  private final Duration timeout;
  private final HttpLimits limits;
  private final String fixedHeaders;

  /** The one used last is taken first: those that are not needed grow old and are dropped. */
  private final Deque<PooledConnection> idle = new ConcurrentLinkedDeque<>();

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
   * Makes an empty pool, for responses of up to 256 MB.
   *
   * @param server an {@code http} or {@code https} address; its path is not used
   * @param timeout how long to wait for a connection, and then for a response to its end
   * @param headers what every request has
   * @throws IllegalArgumentException if it is no such address, or a header cannot be sent
   */
  public HttpPool(URI server, Duration timeout, Map<String, String> headers) {
    this(server, timeout, LIMITS, headers);
  }

  /**
   * Makes an empty pool.
   *
   * @param server an {@code http} or {@code https} address; its path is not used
   * @param timeout how long to wait for a connection, and then for a response to its end
   * @param limits how large a response may be
   * @param headers what every request has
   * @throws IllegalArgumentException if it is no such address, or a header cannot be sent
   */
  public HttpPool(URI server, Duration timeout, HttpLimits limits, Map<String, String> headers) {
    String scheme = String.valueOf(server.getScheme()).toLowerCase(Locale.ROOT);
    if (server.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new IllegalArgumentException(server + " is not an http or https address");
    }
    this.host = server.getHost();
    this.isSecure = scheme.equals("https");
    this.port = server.getPort() >= 0 ? server.getPort() : isSecure ? 443 : 80;
    this.timeout = timeout;
    this.limits = limits;
    StringBuilder fixed = new StringBuilder(" HTTP/1.1\r\nHost: ").append(host);
    if (server.getPort() >= 0) {
      fixed.append(':').append(port); // and nothing of a user that the address names
    }
    headers.forEach((name, value) -> fixed.append("\r\n").append(name).append(": ").append(value));
    this.fixedHeaders = fixed.append("\r\n").toString();
    if (fixedHeaders.chars().filter(c -> c < ' ').count() != 2 * (headers.size() + 2L)) {
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
   * @throws InterruptedException if the goroutine is interrupted; the connection is closed, so that
   *     the server sees it
   */
  public Response send(String method, String target) throws IOException, InterruptedException {
    return exchange(method, List.of(request(method, target, "", NO_BODY))).getFirst();
  }

  /**
   * Sends several requests at once on one connection, which is HTTP's pipelining, and waits for the
   * responses. The server works on one after the other, but neither side waits for the other in
   * between.
   *
   * @param method GET, DELETE or anything else without a body
   * @param targets path and query of each, encoded
   * @return the responses, in order; fewer than requests if the connection broke after some
   * @throws SocketTimeoutException if the first takes too long
   * @throws IOException if there is no connection, or it broke before the first response
   * @throws InterruptedException if the goroutine is interrupted; the connection is closed, so that
   *     the server sees it
   */
  public List<Response> sendAll(String method, List<String> targets)
      throws IOException, InterruptedException {
    List<byte[]> requests =
        targets.stream().map(target -> request(method, target, "", NO_BODY)).toList();
    return exchange(method, requests);
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
   * @throws InterruptedException if the goroutine is interrupted; the connection is closed, so that
   *     the server sees it
   */
  public Response send(String method, String target, String type, byte[] body)
      throws IOException, InterruptedException {
    return exchange(method, List.of(request(method, target, type, body))).getFirst();
  }

  private byte[] request(String method, String target, String type, byte[] body) {
    String head = method + " " + target + fixedHeaders;
    if (!type.isEmpty()) {
      head += "Content-Type: " + type + "\r\nContent-Length: " + body.length + "\r\n";
    }
    boolean isTarget = target.chars().allMatch(c -> c > ' ' && c < 0x7f);
    if (!HttpInput.isToken(method) || !isTarget || type.chars().anyMatch(c -> c < ' ')) {
      throw new IllegalArgumentException("not a request: " + method + " " + target);
    }
    return joined(List.of((head + "\r\n").getBytes(ISO_8859_1), body));
  }

  static byte[] joined(List<byte[]> parts) {
    byte[] all = new byte[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  private List<Response> exchange(String method, List<byte[]> requests)
      throws IOException, InterruptedException {
    List<Response> responses = new ArrayList<>(requests.size());
    while (responses.size() < requests.size()) {
      PooledConnection used = idle();
      PooledConnection connection = used != null ? used : connect();
      int before = responses.size();
      try {
        if (connection.exchange(method, requests.subList(before, requests.size()), responses)) {
          connection.lastUsed = Go.nanoTime();
          idle.addFirst(connection);
        } else {
          connection.close();
        }
        if (isClosed) {
          close();
        }
      } catch (IOException e) {
        connection.close();
        if (Thread.interrupted()) {
          throw (InterruptedException) new InterruptedException("HTTP request").initCause(e);
        }
        boolean isStale =
            used != null && !connection.hasAnswered && !(e instanceof SocketTimeoutException);
        if (!isStale && responses.isEmpty()) {
          throw e;
        }
        if (!isStale) {
          return responses;
        }
      } catch (RuntimeException | Error e) {
        connection.close();
        throw e;
      }
    }
    return responses;
  }

  private @Nullable PooledConnection idle() {
    for (PooledConnection one; (one = idle.pollFirst()) != null; one.close()) {
      if (one.isQuiet()) {
        return one;
      }
    }
    return null;
  }

  private PooledConnection connect() throws IOException, InterruptedException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(host, port), Math.toIntExact(timeout.toMillis()));
      refuseItself(socket);
      return new PooledConnection(socket, isSecure ? secured(socket) : socket, limits, timeout);
    } catch (RuntimeException | Error e) {
      socket.close();
      throw e;
    } catch (IOException e) {
      socket.close();
      if (Thread.interrupted()) {
        throw (InterruptedException) new InterruptedException("HTTP connection").initCause(e);
      }
      throw e;
    }
  }

  /**
   * Refuses a connection of TCP's simultaneous open. Where no server listens, the system may choose
   * the server's port for the client's end, too. The client would then read its own request, and
   * keep the server from its port.
   */
  static void refuseItself(Socket socket) throws ConnectException {
    if (socket.getLocalSocketAddress().equals(socket.getRemoteSocketAddress())) {
      throw new ConnectException("Connection refused");
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
    closeIdle();
  }

  /**
   * Closes the connections that no request uses at the moment. The pool can still be used: later
   * requests open new ones.
   */
  public void closeIdle() {
    for (PooledConnection one; (one = idle.poll()) != null; ) {
      one.close();
    }
  }

  /**
   * Closes those of them that no request has used for some time.
   *
   * @param unused for how long
   */
  public void closeIdle(Duration unused) {
    long since = Go.nanoTime() - unused.toNanos();
    for (PooledConnection one; (one = idle.pollLast()) != null; one.close()) {
      if (one.lastUsed - since > 0) {
        idle.addLast(one);
        if (isClosed) {
          closeIdle();
        }
        return;
      }
    }
  }
}
