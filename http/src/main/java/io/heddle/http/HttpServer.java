package io.heddle.http;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.WaitGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An HTTP/1.1 server as one writes it in Go: a goroutine accepts connections, and each connection
 * is served by a goroutine of its own, which reads, calls the handler and writes.
 */
public final class HttpServer implements AutoCloseable {
  private static final int BACKLOG = 4096;

  private final ServerSocket listener;
  private final Handler handler;
  private final CancelContext context = Context.background().withCancel();
  private final WaitGroup goroutines = new WaitGroup();
  private final AtomicInteger connections = new AtomicInteger();

  /** Answers requests. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Answers a request. Called by the goroutine of the connection; may block.
     *
     * @param request the request
     * @return what becomes of it
     * @throws InterruptedException if the server is closed meanwhile
     */
    HttpAnswer handle(HttpRequest request) throws InterruptedException;
  }

  private HttpServer(ServerSocket listener, Handler handler) {
    this.listener = listener;
    this.handler = handler;
  }

  /**
   * Starts a server.
   *
   * @param address where to listen; port 0 is any that is free
   * @param handler answers the requests
   * @return a running server
   * @throws IOException if it cannot listen there
   */
  public static HttpServer start(InetSocketAddress address, Handler handler) throws IOException {
    ServerSocket listener = new ServerSocket();
    try {
      listener.setReuseAddress(true);
      listener.bind(address, BACKLOG);
    } catch (IOException e) {
      listener.close();
      throw e;
    }
    HttpServer server = new HttpServer(listener, handler);
    server.goroutines.go(server.context, server::accept);
    return server;
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
    return connections.get();
  }

  private void accept() throws IOException {
    while (!context.isDone()) {
      Socket socket;
      try {
        socket = listener.accept();
      } catch (IOException e) {
        if (listener.isClosed() || context.isDone()) {
          return;
        }
        throw e;
      }
      connections.incrementAndGet();
      goroutines.go(context, () -> serve(socket));
    }
  }

  private void serve(Socket socket) throws InterruptedException {
    try (socket) {
      socket.setTcpNoDelay(true);
      HttpConnection connection = new HttpConnection(socket);
      try {
        for (HttpRequest request; (request = connection.read()) != null; ) {
          connection.write(request, handler.handle(request));
          if ("close".equalsIgnoreCase(request.header("connection"))) {
            return;
          }
        }
      } catch (ProtocolException | IllegalArgumentException e) {
        HttpRequest unread = HttpRequest.of("GET", "/", Map.of(), new byte[0]);
        connection.write(
            unread, HttpAnswer.Response.of(400, "text/plain", String.valueOf(e.getMessage())));
      }
    } catch (IOException e) {
      // the client went away: its affair
    }
  }

  /** Closes all connections, whatever is under way on them, and waits for the goroutines. */
  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      // it accepts nothing more either way
    }
    context.cancel();
    boolean interrupted = false;
    while (!goroutines.tryAwait()) {
      try {
        goroutines.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
