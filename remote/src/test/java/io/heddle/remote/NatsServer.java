package io.heddle.remote;

import io.heddle.local.FreePort;
import io.heddle.local.LocalTls;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A NATS server with JetStream for tests, on a free port of the loopback interface. Where it is not
 * installed the test is skipped, loudly.
 */
final class NatsServer implements AutoCloseable {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  private final Path program;
  private final Path folder;
  private final String host;
  private final int port;
  private final @Nullable LocalTls tls;
  private Process process;

  private NatsServer(Path program, Path folder, String host, @Nullable LocalTls tls)
      throws IOException {
    this.program = program;
    this.folder = folder;
    this.host = host;
    this.port = FreePort.next();
    this.tls = tls;
  }

  /** Starts one that lets in the user me with the password secret. */
  static NatsServer launch() throws IOException, InterruptedException {
    return launch("127.0.0.1", null);
  }

  /** The same, at another address of the loopback interface, and with TLS unless it is null. */
  static NatsServer launch(String host, @Nullable LocalTls tls)
      throws IOException, InterruptedException {
    NatsServer server = new NatsServer(find(), Files.createTempDirectory("heddle-nats"), host, tls);
    Runtime.getRuntime().addShutdownHook(new Thread(server::kill)); // unless a test closes it
    server.start();
    return server;
  }

  private static Path find() {
    Stream<String> folders =
        Stream.concat(
            Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1)),
            Stream.of("/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"));
    return folders
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, "nats-server"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseGet(() -> {
          String message = "NOT TESTED: nats-server is not installed on this machine";
          System.err.println("*".repeat(10) + " " + message);
          Assumptions.abort(message);
          throw new AssertionError("aborted");
        });
  }

  void start() throws IOException, InterruptedException {
    Path configuration =
        Files.writeString(
            folder.resolve("nats.conf"),
            "listen: \""
                + host
                + ":"
                + port
                + "\"\n"
                + (tls == null
                    ? ""
                    : "tls { cert_file: \""
                        + tls.certificate()
                        + "\", key_file: \""
                        + tls.key()
                        + "\" }\n")
                + "authorization { user: me, password: secret }\njetstream { store_dir: \""
                + folder.resolve("data")
                + "\" }\n");
    process =
        new ProcessBuilder(List.of(program.toString(), "-c", configuration.toString()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
            .start();
    long start = System.nanoTime();
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() - start > PATIENCE) {
        throw new AssertionError(
            "nats-server does not start:\n" + Files.readString(folder.resolve("log")));
      }
      Thread.sleep(10); // between two tries
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket(host, port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Kills it; what it has acknowledged is in its files. */
  void kill() {
    if (process != null) {
      process.destroyForcibly();
      process.onExit().join();
    }
  }

  String address() {
    return tls == null
        ? "nats://me:secret@" + host + ":" + port
        : "tls://me:secret@" + host + ":" + port + "?trust=" + tls.authority();
  }

  @Override
  public void close() throws IOException {
    kill();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
