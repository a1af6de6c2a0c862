package io.heddle.preflight;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.WaitGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server on a loopback address that sends whatever bytes a test wants, and sees hang-ups. */
final class RawServer implements AutoCloseable {
  private final ServerSocket listener;
  private final CancelContext context = Context.background().withCancel();
  private final WaitGroup goroutines = new WaitGroup();
  private final List<List<String>> requests = new CopyOnWriteArrayList<>();
  private final Chan<Boolean> arrived = Chan.buffered(1000);
  private final Chan<Boolean> hungUp = Chan.buffered(1000);

  /** Answers a request, given as its lines up to the empty one. */
  interface Behaviour {
    void answer(List<String> request, OutputStream out, Socket socket) throws Exception;
  }

  RawServer(Behaviour behaviour) throws IOException {
    this(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), behaviour);
  }

  RawServer(ServerSocket listener, Behaviour behaviour) {
    this.listener = listener;
    goroutines.go(context, () -> accept(behaviour));
  }

  /** Listeners on some addresses and one port, which has to be free on all. */
  static List<ServerSocket> onOnePort(String... addresses) throws IOException {
    for (int attempt = 0; ; attempt++) {
      List<ServerSocket> listeners = new ArrayList<>();
      try {
        for (String address : addresses) {
          int port = listeners.isEmpty() ? 0 : listeners.getFirst().getLocalPort();
          listeners.add(new ServerSocket(port, 50, InetAddress.ofLiteral(address)));
        }
        return listeners;
      } catch (BindException e) {
        for (ServerSocket one : listeners) {
          one.close();
        }
        if (attempt == 100) {
          throw e;
        }
      }
    }
  }

  /** Always the same answer. */
  static RawServer of(String response) throws IOException {
    return new RawServer((_, out, _) -> out.write(response.getBytes(StandardCharsets.ISO_8859_1)));
  }

  static String response(int status, String headers, String body) {
    return "HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n%s"
        .formatted(status, headers, body.length(), body);
  }

  int port() {
    return listener.getLocalPort();
  }

  List<List<String>> requests() {
    return requests;
  }

  /** Receives when a request has come. */
  Chan<Boolean> arrived() {
    return arrived;
  }

  /** Receives when a client has closed its connection before it had its answer. */
  Chan<Boolean> hungUp() {
    return hungUp;
  }

  /** A behaviour that never answers, and says when the client hangs up. */
  void waitForHangUp(Socket socket) throws Exception {
    try {
      if (socket.getInputStream().read() < 0) {
        hungUp.send(true);
      }
    } catch (IOException e) {
      if (!context.isDone()) {
        hungUp.send(true);
      }
    }
  }

  private void accept(Behaviour behaviour) throws Exception {
    while (!context.isDone()) {
      Socket socket;
      try {
        socket = listener.accept();
      } catch (IOException e) {
        return;
      }
      goroutines.go(context, () -> serve(socket, behaviour));
    }
  }

  private void serve(Socket socket, Behaviour behaviour) throws Exception {
    try (socket) {
      var in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      List<String> request = new CopyOnWriteArrayList<>();
      for (String line; (line = in.readLine()) != null && !line.isEmpty(); ) {
        request.add(line);
      }
      requests.add(request);
      arrived.trySend(true);
      behaviour.answer(request, socket.getOutputStream(), socket);
    } catch (IOException e) {
      // the client went away
    }
  }

  @Override
  public void close() throws IOException {
    context.cancel();
    listener.close();
    try {
      goroutines.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
