package io.heddle.orders.api;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.WaitGroup;
import io.heddle.queue.Uninterrupted;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.CustomRequestLog;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * Serves the API by HTTP/1.1, and by TLS if it has a certificate: Jetty, set up for clients that
 * are slow, broken or malicious. Each request is handled by a goroutine.
 *
 * <p>Jetty parses strictly ({@link HttpCompliance#STRICT}), so that a proxy in front of it cannot
 * read a request differently. Before the token has been checked, a connection uses Jetty's input
 * buffer and at most {@link Limits#headerBytes}; the body is received only after that. {@link
 * TimedConnector} limits the total time of a request and of a response.
 */
public final class ApiServer implements AutoCloseable {
  private static final int THREADS = 8;
  private static final int BACKLOG = 4096;
  private static final Pattern DOT_SEGMENT = Pattern.compile("/\\.\\.?(/|$)");

  /** How long an idle connection is kept at the limit of connections, or during shutdown. */
  private static final Duration SPARE = Duration.ofMillis(500);

  private final Server server;
  private final TimedConnector connector;
  private final Limits limits;
  private final Handler handler;
  private final String scheme;

  /** Done when no more requests are handled. */
  private final CancelContext serving = Context.background().withCancel();

  private final WaitGroup requests = new WaitGroup();
  private volatile boolean isDraining;
  private InetSocketAddress address;

  /**
   * The limits for clients. A connection that is too slow is closed.
   *
   * @param headerBytes the length of the request line and the headers, in bytes
   * @param bodyBytes the length of a body, in bytes
   * @param connections the number of open connections. At this number, connections that have been
   *     idle for half a second are closed, and new ones wait in the operating system's queue.
   * @param strangers the number of connections whose client has not sent a known token yet; the
   *     oldest is reset when there is one more
   * @param idle how long a connection may be without a request, or a client silent in one
   * @param request how long a request may take to arrive, from its first byte to its last
   * @param write how long a client may take to receive a response
   */
  public record Limits(
      int headerBytes,
      int bodyBytes,
      int connections,
      int strangers,
      Duration idle,
      Duration request,
      Duration write) {
    /** What a stranger's connection may take: buffers of TLS and HTTP, a head, an unwanted body. */
    private static final int STRANGER = 64 << 10;

    /**
     * 16 KiB and 64 KiB, 10,000 connections, two minutes idle, a minute to send and to receive.
     * Strangers may have a sixteenth of the heap.
     */
    public static final Limits DEFAULT =
        new Limits(
            16 << 10,
            64 << 10,
            10_000,
            Math.clamp(Runtime.getRuntime().maxMemory() / 16 / STRANGER, 32, 2000),
            Duration.ofMinutes(2),
            Duration.ofMinutes(1),
            Duration.ofMinutes(1));

    /**
     * Checks the limits.
     *
     * @throws IllegalArgumentException if they allow no connection, or no request
     */
    public Limits {
      if (headerBytes < 1
          || bodyBytes < 0
          || connections < 1
          || strangers < 1
          || !idle.isPositive()
          || !request.isPositive()
          || !write.isPositive()) {
        throw new IllegalArgumentException("there could be no request");
      }
    }
  }

  /** Answers requests. */
  interface Handler {
    /** Answers a request; throws an IOException if the body does not arrive. */
    ApiResponse handle(ApiRequest request) throws IOException, InterruptedException;
  }

  private ApiServer(
      InetSocketAddress address,
      Limits limits,
      @Nullable ApiTls tls,
      @Nullable Path accessLog,
      Handler handler,
      Runnable onSecond) {
    this.address = address;
    this.limits = limits;
    this.handler = handler;
    this.scheme = tls == null ? "http" : "https";
    QueuedThreadPool threads = new QueuedThreadPool(THREADS, 1);
    threads.setName("orders-api");
    threads.setDaemon(true);
    threads.setVirtualThreadsExecutor(this::go);
    server = new Server(threads);
    Runnable onTick =
        () -> {
          onSecond.run();
          if (tls != null) {
            tls.reloadIfChanged();
          }
        };
    connector = new TimedConnector(server, limits, SPARE, onTick, factories(tls));
    connector.setHost(address.getHostString());
    connector.setPort(address.getPort());
    connector.setAcceptQueueSize(BACKLOG);
    connector.setIdleTimeout(limits.idle.toMillis());
    connector.setShutdownIdleTimeout(SPARE.toMillis());
    server.addConnector(connector);
    NetworkConnectionLimit limit = new NetworkConnectionLimit(limits.connections, connector);
    limit.setEndPointIdleTimeout(SPARE.toMillis());
    server.addBean(limit);
    if (accessLog != null) {
      server.setRequestLog(
          new CustomRequestLog(
              new AccessLogWriter(accessLog), CustomRequestLog.EXTENDED_NCSA_FORMAT));
    }
    server.setErrorHandler(new Problems());
    server.setHandler(new Dispatcher());
  }

  private ConnectionFactory[] factories(@Nullable ApiTls tls) {
    HttpConnectionFactory http = new HttpConnectionFactory(configuration());
    return tls == null
        ? new ConnectionFactory[] {http}
        : new ConnectionFactory[] {tls.factory(http.getProtocol()), http};
  }

  private HttpConfiguration configuration() {
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setHttpCompliance(HttpCompliance.STRICT);
    configuration.setUriCompliance(UriCompliance.DEFAULT);
    configuration.setRequestHeaderSize(limits.headerBytes);
    configuration.setSendServerVersion(false);
    return configuration;
  }

  /**
   * Starts a server.
   *
   * @param address where to listen; port 0 is any free port
   * @param limits the limits for clients
   * @param tls the certificate, null for plain HTTP
   * @param accessLog a file for one line per request, in the combined log format; null for none. If
   *     its name contains {@code yyyy_mm_dd}, there is a file for each day.
   * @param handler answers the requests
   * @param onSecond called about once a second
   * @throws IOException if it cannot listen there, or cannot write the log
   */
  static ApiServer start(
      InetSocketAddress address,
      Limits limits,
      @Nullable ApiTls tls,
      @Nullable Path accessLog,
      Handler handler,
      Runnable onSecond)
      throws IOException {
    ApiServer server = new ApiServer(address, limits, tls, accessLog, handler, onSecond);
    try {
      server.server.start();
      server.address = new InetSocketAddress(address.getAddress(), server.connector.getLocalPort());
      return server;
    } catch (Exception e) {
      server.close();
      if (e.getCause() instanceof BindException cause) {
        throw cause;
      }
      throw e instanceof IOException io ? io : new IOException("cannot start the API's server", e);
    }
  }

  /** The same with nothing to do once a second. */
  static ApiServer start(
      InetSocketAddress address,
      Limits limits,
      @Nullable ApiTls tls,
      @Nullable Path accessLog,
      Handler handler)
      throws IOException {
    return start(address, limits, tls, accessLog, handler, () -> {});
  }

  /** Runs a task of Jetty's that may block. */
  private void go(Runnable task) {
    if (serving.isDone()) {
      throw new RejectedExecutionException("the server is closed");
    }
    requests.go(serving, task::run);
  }

  /** The address on which the server listens, with the port. */
  public InetSocketAddress address() {
    return address;
  }

  /** The address for clients on this machine. */
  public URI uri() {
    InetSocketAddress address = address();
    String host = address.getHostString();
    return URI.create(
        scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort());
  }

  private final class Dispatcher extends org.eclipse.jetty.server.Handler.Abstract {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      TimedConnector.Timer timer =
          TimedConnector.timer(request.getConnectionMetaData().getConnection().getEndPoint());
      request.addIdleTimeoutListener(_ -> false); // handling a request has no time limit
      try {
        ApiRequest received = new ApiRequest(request, timer, limits.bodyBytes);
        ProblemException fault = fault(request);
        ApiResponse answer = fault == null ? handler.handle(received) : fault.answer();
        received.discard();
        timer.start(limits.write);
        boolean isLast = isDraining || fault != null || !received.isReceived();
        write(response, answer, isLast, Callback.from(timer::stop, callback));
      } catch (IOException e) {
        Response.writeError(request, response, callback, e); // 400 if it violates HTTP
      } catch (InterruptedException e) {
        write(response, closing(), true, callback);
      }
      return true;
    }
  }

  private static ApiResponse closing() {
    return new ProblemException(
            503,
            "unavailable",
            "About to end",
            "the service is shutting down; send the request again",
            Map.of("Retry-After", "5"))
        .answer();
  }

  /** The reason to reject a request that Jetty accepts; null if absent. */
  private static @Nullable ProblemException fault(Request request) {
    String path = request.getHttpURI().getPath();
    if (request.getHttpURI().getFragment() != null || path == null || !path.startsWith("/")) {
      return new ProblemException(400, "http", "Bad Request", "not the target of a request");
    }
    // Jetty removes them, but a proxy that decides by the path may not.
    if (path.contains(";") || DOT_SEGMENT.matcher(path).find()) {
      return new ProblemException(
          400, "http", "Bad Request", "a path with parameters or dot segments");
    }
    String coding = request.getHeaders().get(HttpHeader.TRANSFER_ENCODING);
    if (coding == null) {
      return null;
    }
    if (request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_1_1) {
      return new ProblemException(400, "http", "Bad Request", "a transfer coding in HTTP/1.0");
    }
    return coding.equalsIgnoreCase("chunked")
        ? null
        : new ProblemException(
            501, "http", "Not Implemented", "the only transfer coding is chunked");
  }

  private static void write(
      Response response, ApiResponse answer, boolean isLast, Callback callback) {
    response.setStatus(answer.status());
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, answer.type());
    answer.headers().forEach((name, value) -> response.getHeaders().put(name, value));
    if (isLast) {
      response.getHeaders().put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE.asString());
    }
    response.write(true, ByteBuffer.wrap(answer.bytes()), callback);
  }

  /** Answers requests that Jetty rejects. */
  private static final class Problems extends ErrorHandler {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      int status = response.getStatus();
      String title = HttpStatus.getMessage(status);
      Object detail = request.getAttribute(ERROR_MESSAGE);
      ApiResponse answer =
          new ProblemException(
                  status,
                  "http",
                  title,
                  status >= 500 || detail == null ? title : detail.toString())
              .answer();
      ApiServer.write(response, answer, status < 500, callback);
      return true;
    }
  }

  /**
   * Accepts no more connections, answers the requests that have begun to arrive, and closes the
   * server.
   *
   * @param grace how long to wait for the responses; then the remaining connections are closed
   * @throws InterruptedException if the thread is interrupted; the server is closed in this case,
   *     too
   */
  public boolean shutdown(Duration grace) throws InterruptedException {
    isDraining = true;
    try {
      connector.shutdown().get(grace.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    } finally {
      close();
    }
  }

  /**
   * Closes all connections, interrupts the requests in progress, and waits for their goroutines.
   */
  @Override
  public void close() {
    serving.cancel();
    awaitRequests(); // before the access log is closed
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the API's server cannot be stopped", e);
    }
    awaitRequests();
  }

  /** Waits for the cancelled requests, ignoring interrupts. */
  private void awaitRequests() {
    Uninterrupted.await(() -> {
      requests.await();
      return null;
    });
  }
}
