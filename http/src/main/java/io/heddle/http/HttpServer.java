package io.heddle.http;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Semaphore;
import io.heddle.Ticker;
import io.heddle.WaitGroup;
import io.heddle.http.HttpAnswer.Response;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 server as one writes it in Go: a goroutine accepts connections, and each connection
 * is served by a goroutine of its own, which reads, calls the handler and writes.
 *
 * <p>It is meant to face clients that are slow, broken or malicious: requests are limited in size
 * and time ({@link ServerLimits}), and those that are not exactly as HTTP has them are refused with
 * status 400, 413, 414, 417, 431, 501 or 505, whereupon the connection is closed. It has neither
 * TLS nor compression; a proxy in front of it has.
 */
public final class HttpServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.heddle.http");
  private static final int BACKLOG = 4096;

  private static final Duration SHORTEST_CHECK = Duration.ofMillis(10);
  private static final Duration LONGEST_CHECK = Duration.ofSeconds(1);
  private static final Duration ROOM_CHECK = Duration.ofMillis(50);

  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final ServerSocket listener;
  private final ServerLimits limits;
  private final Handler handler;

  /** Done when no more connections are accepted. */
  private final CancelContext accepting;

  /** Done when none is served any more. */
  private final CancelContext serving = Context.background().withCancel();

  private final WaitGroup servers = new WaitGroup();
  private final Goroutine<?> acceptor;
  private final Goroutine<?> watch;
  private final Semaphore room;
  private final Set<HttpConnection> connections = ConcurrentHashMap.newKeySet();
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
     * Answers a request. Called by the goroutine of the connection; may block. If it throws an
     * unchecked exception, that is logged and the client gets status 500.
     *
     * @param request the request
     * @return what becomes of it
     * @throws InterruptedException if the server is closed meanwhile
     */
    HttpAnswer handle(HttpRequest request) throws InterruptedException;
  }

  private HttpServer(ServerSocket listener, ServerLimits limits, Handler handler) {
    this.listener = listener;
    this.limits = limits;
    this.handler = handler;
    this.room = new Semaphore(limits.connections());
    this.accepting = serving.withCancel();
    this.acceptor = Go.go(accepting, "http acceptor", this::accept);
    this.watch = Go.go(serving, "http watch", this::watch);
  }

  /**
   * Starts a server with {@linkplain ServerLimits#DEFAULT limits} that suit most.
   *
   * @param address where to listen; port 0 is any that is free
   * @param handler answers the requests
   * @return a running server
   * @throws IOException if it cannot listen there
   */
  public static HttpServer start(InetSocketAddress address, Handler handler) throws IOException {
    return start(address, ServerLimits.DEFAULT, handler);
  }

  /**
   * Starts a server.
   *
   * @param address where to listen; port 0 is any that is free
   * @param limits what it takes from its clients
   * @param handler answers the requests
   * @return a running server
   * @throws IOException if it cannot listen there
   */
  public static HttpServer start(InetSocketAddress address, ServerLimits limits, Handler handler)
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
   * Where it listens.
   *
   * @return the address, with the port
   */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  /**
   * How many connections were opened.
   *
   * @return a number of connections, closed ones included
   */
  public int connections() {
    return accepted.get();
  }

  private void accept() throws InterruptedException {
    Duration pause = SHORTEST_CHECK;
    while (!accepting.isDone()) {
      Socket socket = null;
      try {
        socket = listener.accept();
        serve(socket);
        pause = SHORTEST_CHECK;
      } catch (IOException e) {
        close(socket);
        if (!accepting.isDone()) { // too many open files, say: later there may be fewer
          LOG.log(Level.WARNING, "cannot accept a connection; trying again", e);
          Go.sleep(pause);
          pause = shorter(pause.multipliedBy(2), LONGEST_CHECK);
        }
      } catch (ContextException | InterruptedException e) {
        close(socket);
        return;
      }
    }
  }

  private void serve(Socket socket) throws IOException, InterruptedException {
    HttpConnection connection = new HttpConnection(socket, this, limits);
    for (boolean hasRoom = room.tryAcquire(); !hasRoom; hasRoom = waitForRoom()) {
      connections.stream()
          .max(Comparator.comparingLong(HttpConnection::idleTime))
          .ifPresent(HttpConnection::closeIfIdle);
    }
    accepted.incrementAndGet();
    connections.add(connection);
    servers.go(
        serving,
        () -> {
          try {
            connection.serve();
          } finally {
            connections.remove(connection);
            room.release();
          }
        });
  }

  /** Waits a little: then others may be idle. */
  private boolean waitForRoom() throws InterruptedException {
    try {
      room.acquire(ROOM_CHECK);
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  private static void close(@Nullable Socket socket) {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException e) {
      // closed or not, we are done with it
    }
  }

  /** Closes the connections that are overdue: neither a write nor many small reads have a limit. */
  private void watch() throws InterruptedException {
    Duration shortest = shorter(limits.idle(), shorter(limits.request(), limits.write()));
    Duration period = shorter(shortest.dividedBy(4), LONGEST_CHECK);
    Ticker ticker = Ticker.start(period.compareTo(SHORTEST_CHECK) < 0 ? SHORTEST_CHECK : period);
    try {
      while (true) {
        ticker.receive();
        connections.forEach(HttpConnection::closeIfOverdue);
      }
    } finally {
      ticker.stop();
    }
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
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

  boolean isShutDown() {
    return accepting.isDone();
  }

  /**
   * Accepts no more connections, closes those that are idle and the others after the response they
   * wait for, and ends the server. What is left when the time is over is closed as it is.
   *
   * @param grace how long to wait for the responses
   * @return whether all requests that had begun to arrive were answered
   * @throws InterruptedException if the thread is interrupted; the server is closed all the same
   */
  public boolean shutdown(Duration grace) throws InterruptedException {
    try {
      stopAccepting();
      connections.forEach(HttpConnection::closeIfIdle);
      servers.await(grace);
      return true;
    } catch (TimeoutException e) {
      return false;
    } finally {
      close();
    }
  }

  private void stopAccepting() {
    accepting.cancel();
    try {
      listener.close();
    } catch (IOException e) {
      // it accepts nothing more either way
    }
    join(acceptor::join);
  }

  /** Closes all connections, whatever is under way on them, and waits for the goroutines. */
  @Override
  public void close() {
    stopAccepting();
    serving.cancel();
    join(servers::await);
    join(watch::join);
  }

  private interface Wait {
    void end() throws InterruptedException;
  }

  /** Waits for what has been told to end and will not take long. */
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
