package io.heddle.orders.ca;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME;

import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.WaitGroup;
import io.heddle.orders.CaProxy;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a CA looks like from the network, without TLS: directory, nonces and an account are there,
 * and all else is what a test wants, to the byte. After each answer it waits until the client hangs
 * up.
 */
final class ScriptedCa implements AutoCloseable {
  /** Says nothing of the time. */
  static final String TIMELESS = "";

  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *([0-9]+) *\r\n");

  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final CancelContext context = Context.background().withCancel();
  private final WaitGroup goroutines = new WaitGroup();
  private final Chan<String> hungUp = Chan.buffered(1000);
  private final Script script;

  /** What is answered. */
  interface Script {
    /**
     * Answers a request.
     *
     * @param ca the CA
     * @param path of the request
     * @param out where the answer goes
     * @return whether it did
     */
    boolean answer(ScriptedCa ca, String path, OutputStream out)
        throws IOException, InterruptedException;
  }

  ScriptedCa(Script script) throws IOException {
    this.script = script;
    goroutines.go(context, this::accept);
  }

  /** An answer, complete. */
  static byte[] answer(int status, String type, String headers, String body) {
    return "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\nReplay-Nonce: abcd\r\n%s\r\n%s"
        .formatted(status, type, body.getBytes(UTF_8).length, headers, body)
        .getBytes(UTF_8);
  }

  /** The header of an answer that was made at some time after now. */
  static String date(Duration ahead) {
    return "Date: " + time(ahead) + "\r\n";
  }

  static String time(Duration ahead) {
    return RFC_1123_DATE_TIME.format(Instant.now().plus(ahead).atZone(ZoneOffset.UTC));
  }

  /** The address of something at this CA. */
  URI at(String path) {
    return URI.create("http://localhost:" + listener.getLocalPort() + path);
  }

  /** Receives the path of each request whose client has closed the connection. */
  Chan<String> hungUp() {
    return hungUp;
  }

  /** What it answers if the script does not. */
  byte[] standard(String path, String headers) {
    return switch (path) {
      case "/dir" ->
          answer(
              200,
              "application/json",
              headers,
              "{\"newNonce\":\"%s\",\"newAccount\":\"%s\",\"newOrder\":\"%s\"}"
                  .formatted(at("/nonce"), at("/accounts"), at("/orders")));
      case "/nonce" -> answer(204, "text/plain", headers, "");
      case "/accounts" ->
          answer(
              201,
              "application/json",
              headers + "Location: " + at("/accounts/1") + "\r\n",
              "{\"status\":\"valid\"}");
      case "/orders" ->
          answer(
              201,
              "application/json",
              headers + "Location: " + at("/orders/1") + "\r\n",
              "{\"status\":\"pending\",\"expires\":\"%s\",\"authorizations\":[]}"
                  .formatted(Instant.now().plus(Duration.ofHours(1))));
      case "/orders/1" -> answer(200, "application/json", headers, "{\"status\":\"pending\"}");
      default -> answer(404, "text/plain", headers, "");
    };
  }

  private void accept() {
    while (!context.isDone()) {
      try {
        Socket client = listener.accept();
        goroutines.go(context, () -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client) throws InterruptedException {
    try (client) {
      InputStream in = client.getInputStream();
      String head = CaProxy.head(in);
      Matcher length = LENGTH.matcher(head);
      in.skipNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0);
      String path = head.split(" ", 3)[1];
      try {
        if (!script.answer(this, path, client.getOutputStream())) {
          client.getOutputStream().write(standard(path, TIMELESS));
        }
        in.transferTo(OutputStream.nullOutputStream());
      } catch (IOException e) {
        // hung up in the middle of it
      }
      if (!context.isDone()) {
        hungUp.send(path);
      }
    } catch (IOException e) {
      // no request
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
