package io.heddle.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import io.heddle.local.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Let's Encrypt's server of challenge answers, which Debian has in its package {@code pebble}: a
 * name server and web servers whose answers are set by a management interface. Where it is not
 * installed the test is skipped, loudly.
 */
final class ChallengeServer implements AutoCloseable {
  private static final String PROGRAM = "pebble-challtestsrv";
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  private final Process process;
  private final Path output;
  private final int http;
  private final int tls;
  private final int dns;
  private final URI management;
  private final HttpClient client = HttpClient.newHttpClient();

  private ChallengeServer(String program) throws IOException {
    http = FreePort.next();
    tls = FreePort.next();
    dns = FreePort.next();
    int manage = FreePort.next();
    output = Files.createTempFile("challenges", ".log");
    process =
        new ProcessBuilder(
                program,
                "-http01",
                "127.0.0.1:" + http,
                "-https01",
                "",
                "-tlsalpn01",
                "127.0.0.1:" + tls,
                "-dns01",
                "127.0.0.1:" + dns,
                "-doh",
                "",
                "-defaultIPv6",
                "",
                "-management",
                "127.0.0.1:" + manage)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    for (int port : List.of(http, tls, manage)) {
      await(port);
    }
    management = URI.create("http://127.0.0.1:" + manage);
  }

  static ChallengeServer start() throws IOException {
    for (String folder : List.of("/usr/bin", "/usr/local/bin")) {
      Path program = Path.of(folder, PROGRAM);
      if (Files.isExecutable(program)) {
        return new ChallengeServer(program.toString());
      }
    }
    String message = "NOT TESTED: there is no " + PROGRAM + " on this machine";
    System.err.println("*".repeat(10) + " " + message);
    Assumptions.abort(message);
    throw new AssertionError("aborted");
  }

  private void await(int port) throws IOException {
    long start = System.nanoTime();
    while (true) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        if (socket.isConnected()) {
          return;
        }
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() - start > PATIENCE) {
          process.destroyForcibly();
          throw new AssertionError(PROGRAM + ":\n" + Files.readString(output), e);
        }
        Thread.onSpinWait();
      }
    }
  }

  /** Calls the management interface. */
  void set(String path, JsonObject body) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(management.resolve(path))
            .POST(BodyPublishers.ofString(body.toString()))
            .build();
    var response = client.send(request, BodyHandlers.ofString());
    assertEquals(200, response.statusCode(), path + response.body());
  }

  void set(String path, String... namesAndValues) throws IOException, InterruptedException {
    JsonObject body = new JsonObject();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      body.addProperty(namesAndValues[i], namesAndValues[i + 1]);
    }
    set(path, body);
  }

  InetSocketAddress dns() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), dns);
  }

  Network.Ports ports() {
    return new Network.Ports(http, tls, dns);
  }

  @Override
  public void close() {
    client.shutdownNow();
    process.destroyForcibly().onExit().join();
    output.toFile().delete();
  }
}
