package io.heddle.purge;

import io.heddle.local.FreePort;
import io.heddle.local.LocalTls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
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
 * A server of another project, started for a test on a free port of the loopback interface, with a
 * folder of its own. Where the program is not installed the test is skipped, loudly.
 */
public final class RealServer implements AutoCloseable {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);
  private static final List<String> FOLDERS =
      List.of("/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin");

  private final List<String> command;
  private final int port;
  private final Path folder;
  private Process process;

  private RealServer(List<String> command, int port, Path folder) {
    this.command = command;
    this.port = port;
    this.folder = folder;
  }

  /** Starts Valkey, or Redis. */
  public static RealServer valkey(String... more) {
    String program = find("valkey-server", "redis-server");
    return start((port, folder) ->
        with(
            List.of(
                program,
                "--port",
                "" + port,
                "--bind",
                "127.0.0.1",
                "--dir",
                folder,
                "--save",
                "",
                "--appendonly",
                "no"),
            more));
  }

  /** Starts Valkey with a file of what it has, so that it survives a restart. */
  public static RealServer durableValkey() {
    return valkey("--appendonly", "yes", "--appendfsync", "no");
  }

  /** Starts Valkey with TLS alone, for clients with a certificate of the same CA. */
  public static RealServer secureValkey(LocalTls tls) {
    String program = find("valkey-server", "redis-server");
    return start((port, folder) ->
        List.of(
            program,
            "--port",
            "0",
            "--tls-port",
            "" + port,
            "--bind",
            "127.0.0.1",
            "--dir",
            folder,
            "--save",
            "",
            "--tls-cert-file",
            "" + tls.certificate(),
            "--tls-key-file",
            "" + tls.key(),
            "--tls-ca-cert-file",
            "" + tls.authority()));
  }

  /** Starts a sentinel, which watches a master under the name {@code main}. */
  public static RealServer sentinel(RealServer master) {
    String program = find("valkey-server", "redis-server");
    return start((port, folder) -> {
      Path file = Path.of(folder, "sentinel.conf");
      try {
        Files.writeString(
            file,
            "port "
                + port
                + "\nbind 127.0.0.1\ndir "
                + folder
                + "\nsentinel monitor main 127.0.0.1 "
                + master.port
                + " 1\n");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return List.of(program, file.toString(), "--sentinel");
    });
  }

  public static RealServer etcd(String... more) {
    return etcdWith("http", more);
  }

  /** Starts etcd with TLS, for clients with a certificate of the same CA. */
  public static RealServer secureEtcd(LocalTls tls) {
    return etcdWith(
        "https",
        "--cert-file",
        "" + tls.certificate(),
        "--key-file",
        "" + tls.key(),
        "--trusted-ca-file",
        "" + tls.authority(),
        "--client-cert-auth");
  }

  private static RealServer etcdWith(String scheme, String... more) {
    String program = find("etcd");
    return start((port, folder) -> {
      String client = scheme + "://127.0.0.1:" + port;
      String peer = "http://127.0.0.1:" + freePort();
      List<String> command =
          List.of(
              program,
              "--data-dir",
              folder + "/data",
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
              "--unsafe-no-fsync",
              "--log-level",
              "error");
      return with(command, more);
    });
  }

  public static RealServer nats(String... more) {
    String program = find("nats-server");
    return start((port, folder) ->
        with(List.of(program, "-a", "127.0.0.1", "-p", "" + port, "-js", "-sd", folder), more));
  }

  /** Starts NATS without streams and buckets. */
  public static RealServer natsWithoutJetStream() {
    String program = find("nats-server");
    return start((port, _) -> List.of(program, "-a", "127.0.0.1", "-p", "" + port));
  }

  /** The first of these programs that is installed; else the test is skipped. */
  public static String find(String... programs) {
    List<String> folders = new ArrayList<>(FOLDERS);
    folders.addAll(List.of(System.getenv().getOrDefault("PATH", "").split(":", -1)));
    for (String program : programs) {
      for (String folder : folders) {
        Path path = Path.of(folder, program);
        if (!folder.isEmpty() && Files.isExecutable(path)) {
          return path.toString();
        }
      }
    }
    String message =
        "NOT TESTED: there is no " + String.join(" or ", programs) + " on this machine";
    System.err.println("*".repeat(10) + " " + message);
    Assumptions.abort(message);
    throw new AssertionError("aborted");
  }

  private interface Command {
    List<String> of(int port, String folder);
  }

  private static List<String> with(List<String> command, String... more) {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(more));
    return all;
  }

  private static RealServer start(Command command) {
    try {
      int port = freePort();
      Path folder = Files.createTempDirectory("heddle-server");
      RealServer server = new RealServer(command.of(port, folder.toString()), port, folder);
      server.start();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it, again after {@link #kill}, and waits until it answers. */
  public void start() throws IOException {
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    long start = System.nanoTime();
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() - start > PATIENCE) {
        String output = Files.readString(folder.resolve("output"));
        close();
        throw new AssertionError(command + " does not start:\n" + output);
      }
      Thread.onSpinWait();
    }
  }

  private boolean answers() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Runs etcd's own client against this server.
   *
   * @param input its standard input
   * @param arguments its command
   * @return what it printed
   */
  public String etcdctl(String input, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(find("etcdctl"));
    command.add("--endpoints=127.0.0.1:" + port);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ETCDCTL_API", "3");
    Process process = builder.start();
    try (var out = process.outputWriter(StandardCharsets.UTF_8)) {
      out.write(input);
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Assertions.assertEquals(0, process.waitFor(), output);
    return output;
  }

  /** Kills it as a crash would. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** Stops it, as a machine that hangs would: it accepts connections and answers nothing. */
  public void pause() throws Exception {
    signal("STOP");
  }

  /** Resumes it after {@link #pause}. */
  public void resume() throws Exception {
    signal("CONT");
  }

  private void signal(String signal) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start();
    Assertions.assertEquals(0, kill.waitFor());
  }

  public int port() {
    return port;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** What follows an option in its command. */
  String option(String name) {
    return command.get(command.indexOf(name) + 1);
  }

  public static int freePort() {
    try {
      return FreePort.next();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    kill();
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(file -> file.delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
