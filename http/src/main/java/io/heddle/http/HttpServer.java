package io.heddle.http;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.WaitGroup;
import io.heddle.http.HttpAnswer.Response;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An HTTP/1.1 server for stand-ins and tests on one machine. It does what other servers avoid: it
 * resets connections and sends responses byte by byte ({@link HttpAnswer}).
 *
 * <p>A goroutine accepts connections, and each connection has a goroutine that reads, calls the
 * handler and writes. Clients are trusted: there is no limit on their number or on their time.
 */
public final class HttpServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.heddle.http");
  private static final int BACKLOG = 4096;

  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final ServerSocket listener;
  private final HttpLimits limits;
  private final Handler handler;
  private final CancelContext serving = Context.background().withCancel();
  private final WaitGroup connections = new WaitGroup();
  private final Goroutine<?> acceptor;
  private final AtomicInteger accepted = new AtomicInteger();
  private volatile Date date = Date.now();

  /** The time as a header, for a second. */
  private record Date(long second, String text) {
    static Date now() {
      Instant now = Go.now();
      return new Date(now.getEpochSecond(), DATE.format(now));
    }
  }

  /** Answers requests. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Answers a request. It is called by the goroutine of the connection, and may block. If it
     * throws an unchecked exception, that is logged and the client gets status 500.
     *
     * @param request the request
     * @return what becomes of it
     * @throws InterruptedException if the server is closed meanwhile
     */
    HttpAnswer handle(HttpRequest request) throws InterruptedException;
  }

  private HttpServer(ServerSocket listener, HttpLimits limits, Handler handler) {
    this.listener = listener;
    this.limits = limits;
    this.handler = handler;
    this.acceptor = Go.go(serving, "http acceptor", this::accept);
  }

  /**
   * Starts a server with {@linkplain HttpLimits#DEFAULT small limits}.
   *
   * @param address where to listen; port 0 is any that is free
   * @param handler answers the requests
   * @return a running server
   * @throws IOException if it cannot listen there
   */
  public static HttpServer start(InetSocketAddress address, Handler handler) throws IOException {
    return start(address, HttpLimits.DEFAULT, handler);
  }

  /**
   * Starts a server.
   *
   * @param address where to listen; port 0 is any that is free
   * @param limits the limits on the size of a request
   * @param handler answers the requests
   * @return a running server
   * @throws IOException if it cannot listen there
   */
  public static HttpServer start(InetSocketAddress address, HttpLimits limits, Handler handler)
      throws IOException {
    ServerSocket listener = new ServerSocket();
    try {
      listener.setReuseAddress(true);
      listener.bind(address, BACKLOG);
    } catch (IOException e) {
      listener.close();
      throw e;
    }
    return new HttpServer(listener, limits, handler);
  }

  /**
   * The address that the server listens at.
   *
   * @return the address, with the port
   */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  /**
   * The number of connections that were opened.
   *
   * @return a number of connections, closed ones included
   */
  public int connections() {
    return accepted.get();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        accepted.incrementAndGet();
        connections.go(serving, () -> new HttpConnection(socket, this, limits).serve());
      }
    } catch (IOException e) {
      if (!serving.isDone()) {
        LOG.log(Level.WARNING, "no more connections are accepted", e);
      }
    }
  }

  HttpAnswer answer(HttpRequest request) throws InterruptedException {
    try {
      return handler.handle(request);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "the handler failed: " + request.method() + " " + request.path(), e);
      return Response.of(500, "text/plain", "the server failed\n");
    }
  }

  String date() {
    Date now = date;
    if (now.second != Go.now().getEpochSecond()) {
      now = Date.now();
      date = now;
    }
    return now.text;
  }

  /** Closes all connections, interrupts the handlers, and waits for the goroutines. */
  @Override
  public void close() {
    serving.cancel();
    try {
      listener.close();
    } catch (IOException e) {
      // it accepts nothing more either way
    }
    join(acceptor::join);
    join(connections::await);
  }

  private interface Wait {
    void end() throws InterruptedException;
  }

  /** Waits for what has been cancelled, in spite of interrupts. */
  private static void join(Wait wait) {
    boolean interrupted = false;
    while (true) {
      try {
        wait.end();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
