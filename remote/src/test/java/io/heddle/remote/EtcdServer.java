package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.local.FreePort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * An etcd server for tests, on a free port of the loopback interface. Where it is not installed the
 * test is skipped, loudly.
 */
final class EtcdServer implements AutoCloseable {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  private final List<String> command;
  private final Path folder;
  private final int port;
  private Process process;

  private EtcdServer(List<String> command, Path folder, int port) {
    this.command = command;
    this.folder = folder;
    this.port = port;
  }

  static EtcdServer launch(String... more) throws IOException, InterruptedException {
    String program = find("etcd");
    Path folder = Files.createTempDirectory("heddle-etcd");
    int port = FreePort.next();
    String client = "http://127.0.0.1:" + port;
    String peer = "http://127.0.0.1:" + FreePort.next();
    List<String> command =
        new ArrayList<>(
            List.of(
                program,
                "--data-dir",
                folder.resolve("data").toString(),
                "--listen-client-urls",
                client,
                "--advertise-client-urls",
                client,
                "--listen-peer-urls",
                peer,
                "--initial-advertise-peer-urls",
                peer,
                "--initial-cluster",
                "default=" + peer,
                "--unsafe-no-fsync", // what it has written survives its end, not that of the
                // machine
                "--log-level",
                "error"));
    command.addAll(List.of(more));
    EtcdServer server = new EtcdServer(command, folder, port);
    Runtime.getRuntime().addShutdownHook(new Thread(server::kill)); // unless a test closes it
    server.start();
    return server;
  }

  private static String find(String program) {
    return Stream.concat(
            Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1)),
            Stream.of("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst()
        .map(Path::toString)
        .orElseGet(() -> {
          String message = "NOT TESTED: " + program + " is not installed on this machine";
          System.err.println("*".repeat(10) + " " + message);
          Assumptions.abort(message);
          throw new AssertionError("aborted");
        });
  }

  void start() throws IOException, InterruptedException {
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
            .start();
    long start = System.nanoTime();
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() - start > PATIENCE) {
        throw new AssertionError(
            "etcd does not start:\n" + Files.readString(folder.resolve("log")));
      }
      Thread.sleep(10); // between two tries
    }
  }

  /** Whether it has elected a leader, after which it serves requests. */
  private boolean answers() throws InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
              .send(
                  HttpRequest.newBuilder(URI.create("http://" + place() + "/health")).build(),
                  BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** Runs etcd's own client. */
  String etcdctl(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(find("etcdctl"), "--endpoints=" + place()));
    all.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true);
    builder.environment().put("ETCDCTL_API", "3");
    Process client = builder.start();
    String output = new String(client.getInputStream().readAllBytes(), UTF_8);
    Assertions.assertEquals(0, client.waitFor(), output);
    return output;
  }

  /** Kills it as a crash would. */
  void kill() {
    if (process != null) {
      process.destroyForcibly();
      process.onExit().join();
    }
  }

  String place() {
    return "127.0.0.1:" + port;
  }

  String address() {
    return "etcd://" + place();
  }

  @Override
  public void close() throws IOException {
    kill();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
