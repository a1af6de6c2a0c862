package io.heddle.preflight;

import io.heddle.Go;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** TLS handshakes, with a time limit and an entry in the trace. */
final class Handshakes {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private Handshakes() {}

  /**
   * Performs the handshake on a connection.
   *
   * @param host the name for SNI; empty for none
   */
  static SSLSocket secured(
      Network.Connection connection,
      String host,
      List<String> protocols,
      long deadline,
      Trace trace)
      throws IOException, InterruptedException {
    long began = Go.nanoTime();
    SSLSocket socket = TlsSockets.over(connection.socket(), host, protocols);
    String failure = "interrupted";
    try {
      Duration left = trace.time().until(deadline);
      Deadline.call(
          left.compareTo(TIMEOUT) < 0 ? left : TIMEOUT,
          "Timeout during the TLS handshake (your server may be slow or overloaded)",
          () -> {
            socket.startHandshake();
            return socket;
          });
      failure = null;
      return socket;
    } catch (IOException e) {
      failure = failure(e);
      throw e;
    } finally {
      trace.add(step(connection, socket, failure), began);
    }
  }

  private static TraceStep step(
      Network.Connection connection, SSLSocket socket, @Nullable String failure) {
    if (failure != null) {
      return new TraceStep.Handshake(connection.address(), null, null, failure);
    }
    String application = socket.getApplicationProtocol();
    return new TraceStep.Handshake(
        connection.address(),
        socket.getSession().getProtocol(),
        application == null || application.isEmpty() ? null : application,
        null);
  }

  static String failure(IOException e) {
    String message = String.valueOf(e.getMessage());
    String lower = message.toLowerCase(Locale.ROOT);
    return lower.contains("unrecognized ssl message") || lower.contains("plaintext")
        ? "Server only speaks HTTP, not TLS"
        : Trace.printable(message);
  }
}
