package io.heddle.local.kv;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.WaitGroup;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.CodingErrorAction;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.HttpProcessors;
import org.apache.hc.core5.http.impl.io.DefaultBHttpServerConnection;
import org.apache.hc.core5.http.impl.io.HttpService;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.io.CloseMode;

/**
 * Serves HTTP/1.1 with a goroutine for each connection. HttpComponents reads and writes the
 * messages. Clients are trusted: neither their number nor their time is limited.
 */
final class HttpListener implements AutoCloseable {
  private static final int BACKLOG = 4096;

  private final ServerSocket listener = new ServerSocket();
  private final HttpService service;
  private final CancelContext serving = Context.background().withCancel();
  private final WaitGroup goroutines = new WaitGroup();
  private final AtomicInteger accepted = new AtomicInteger();

  /** Answers requests, in the goroutine of the connection. */
  @FunctionalInterface
  interface Handler {
    ClassicHttpResponse handle(ClassicHttpRequest request) throws IOException, InterruptedException;
  }

  /** Thrown by a handler to reset the connection. */
  static final class ResetException extends IOException {
    private static final long serialVersionUID = 1;
  }

  HttpListener(InetSocketAddress address, Handler handler) throws IOException {
    try {
      listener.setReuseAddress(true);
      listener.bind(address, BACKLOG);
    } catch (IOException e) {
      listener.close();
      throw e;
    }
    this.service =
        HttpService.builder()
            .withHttpProcessor(HttpProcessors.server())
            .withHttpServerRequestHandler(
                (request, trigger, _) -> trigger.submitResponse(answer(handler, request)))
            .build();
    goroutines.go(serving, this::accept);
  }

  private static ClassicHttpResponse answer(Handler handler, ClassicHttpRequest request)
      throws IOException, HttpException {
    try {
      return handler.handle(request);
    } catch (InterruptedException e) {
      throw (InterruptedIOException) new InterruptedIOException("closed").initCause(e);
    } catch (RuntimeException e) {
      throw new HttpException("the server failed", e); // which is answered with status 500
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  /** The number of connections opened so far, including closed ones. */
  int connections() {
    return accepted.get();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        accepted.incrementAndGet();
        goroutines.go(serving, () -> serve(socket));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket socket) {
    var connection =
        new DefaultBHttpServerConnection(
            "http",
            Http1Config.DEFAULT,
            UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPLACE),
            UTF_8.newEncoder());
    try {
      connection.bind(socket);
      socket.setTcpNoDelay(true);
      HttpCoreContext context = HttpCoreContext.create();
      while (connection.isOpen()) {
        service.handleRequest(connection, context);
      }
    } catch (ResetException e) {
      connection.close(CloseMode.IMMEDIATE);
    } catch (IOException | HttpException e) {
      // the client closed the connection
    } finally {
      connection.close(CloseMode.GRACEFUL);
    }
  }

  /** Closes all connections, interrupts the handlers, and waits for the goroutines. */
  @Override
  public void close() throws IOException {
    serving.cancel();
    listener.close();
    boolean interrupted = false;
    while (true) {
      try {
        goroutines.await();
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
