package io.heddle.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.heddle.Go;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
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

/**
 * Connections to one HTTP/1.1 server, as many as there are requests at a time. A request blocks its
 * goroutine and nobody else: there are no threads, selectors or callbacks behind this, and requests
 * can be sent ahead of the responses, which {@code java.net.http} cannot.
 *
 * <p>Only for requests that do no harm when sent twice: a connection that the server has closed
 * meanwhile is found out by using it, and then the request is sent again on a new one.
 */
public final class HttpPool implements AutoCloseable {
  private static final byte[] NO_BODY = {};

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
    return send(method, target, "", NO_BODY);
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
   * @throws InterruptedException if the thread is interrupted; the connection is closed, so that
   *     the server sees it
   */
  public List<Response> sendAll(String method, List<String> targets)
      throws IOException, InterruptedException {
    return sendAll(targets.stream().map(target -> request(method, target, "", NO_BODY)).toList());
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
    return sendAll(List.of(request(method, target, type, body))).getFirst();
  }

  private byte[] request(String method, String target, String type, byte[] body) {
    String head = method + " " + target + fixedHeaders;
    if (!type.isEmpty()) {
      head += "Content-Type: " + type + "\r\nContent-Length: " + body.length + "\r\n";
    }
    return joined(List.of((head + "\r\n").getBytes(ISO_8859_1), body));
  }

  private static byte[] joined(List<byte[]> parts) {
    byte[] all = new byte[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  private List<Response> sendAll(List<byte[]> requests) throws IOException, InterruptedException {
    List<Response> responses = new ArrayList<>(requests.size());
    while (responses.size() < requests.size()) {
      Connection used = idle.pollFirst();
      Connection connection = used != null ? used : connect();
      int before = responses.size();
      try {
        connection.exchange(requests.subList(before, requests.size()), responses);
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
      }
    }
    return responses;
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

    /** Adds the responses, up to one after which the server closes the connection. */
    void exchange(List<byte[]> requests, List<Response> responses) throws IOException {
      hasAnswered = false;
      socket.getOutputStream().write(requests.size() == 1 ? requests.getFirst() : joined(requests));
      for (int i = 0; i < requests.size(); i++) {
        deadline = Go.nanoTime() + timeout.toNanos();
        if (in.isAtEnd()) {
          throw new EOFException("the server closed the connection");
        }
        hasAnswered = true;
        Response response = read();
        responses.add(response);
        if (!isReusable(response) || isClosed) {
          close();
          return;
        }
      }
      idle.addFirst(this);
    }

    private Response read() throws IOException {
      int status = in.status();
      Map<String, String> headers = in.headers();
      while (status < 200) { // 100 Continue and its like
        status = in.status();
        headers = in.headers();
      }
      return new Response(
          status, headers, HttpInput.hasBody(status) ? in.body(headers, true) : NO_BODY);
    }

    private static boolean isReusable(Response response) {
      Map<String, String> headers = response.headers();
      return !"close".equalsIgnoreCase(headers.get("connection"))
          && (!HttpInput.hasBody(response.status())
              || headers.containsKey("content-length")
              || headers.containsKey("transfer-encoding"));
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
