package io.heddle.purge.server;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.WaitGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP/1.1 server as one writes it in Go: a goroutine accepts, one serves each connection. */
final class HttpServer implements AutoCloseable {
  private static final int BACKLOG = 4096;

  private final ServerSocket listener;
  private final Handler handler;
  private final CancelContext context = Context.background().withCancel();
  private final WaitGroup goroutines = new WaitGroup();
  private final AtomicInteger connections = new AtomicInteger();

  @FunctionalInterface
  interface Handler {
    HttpAnswer handle(HttpRequest request) throws InterruptedException;
  }

  private HttpServer(ServerSocket listener, Handler handler) {
    this.listener = listener;
    this.handler = handler;
  }

  static HttpServer start(InetSocketAddress address, Handler handler) throws IOException {
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

  InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  /** How many connections were ever opened. */
  int connections() {
    return connections.get();
  }

  private void accept() {
    while (!context.isDone()) {
      try {
        Socket socket = listener.accept();
        connections.incrementAndGet();
        goroutines.go(context, () -> serve(socket));
      } catch (IOException e) {
        if (listener.isClosed()) {
          return;
        }
      }
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
        HttpRequest none = HttpRequest.of("GET", "/", java.util.Map.of(), new byte[0]);
        connection.write(
            none, HttpAnswer.Response.of(400, "text/plain", String.valueOf(e.getMessage())));
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
