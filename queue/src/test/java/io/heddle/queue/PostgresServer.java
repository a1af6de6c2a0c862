package io.heddle.queue;

import io.heddle.local.FreePort;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A PostgreSQL server for tests, with a cluster of its own in a temporary folder, on a free port of
 * the loopback interface. Where PostgreSQL is not installed the test is skipped, loudly.
 */
public final class PostgresServer implements AutoCloseable {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(90);
  private static final AtomicInteger SCHEMAS = new AtomicInteger();

  private static PostgresServer shared;

  private final Path programs;
  private final Path folder;
  private final int port;
  private final List<String> settings;
  private Process process;

  private PostgresServer(Path programs, Path folder, int port, List<String> settings) {
    this.programs = programs;
    this.folder = folder;
    this.port = port;
    this.settings = settings;
  }

  /** One for all tests of this process that do not stop it; it ends with the process. */
  public static synchronized PostgresServer shared() {
    if (shared == null) {
      // It outlives killed workers, not a killed machine.
      shared = launch("fsync=off");
    }
    return shared;
  }

  /** Starts one with settings like {@code fsync=off}. */
  public static PostgresServer launch(String... settings) {
    Path programs = findPrograms();
    try {
      Path folder = Files.createTempDirectory("heddle-postgres");
      PostgresServer server =
          new PostgresServer(programs, folder, FreePort.next(), List.of(settings));
      Runtime.getRuntime().addShutdownHook(new Thread(server::close)); // unless a test closes it
      server.initialise();
      server.start();
      return server;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path findPrograms() {
    List<Path> found = new ArrayList<>();
    File[] versions = new File("/usr/lib/postgresql").listFiles();
    for (File version : versions == null ? new File[0] : versions) {
      found.add(version.toPath().resolve("bin"));
    }
    found.sort(Comparator.reverseOrder());
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      found.add(Path.of(folder));
    }
    for (Path folder : found) {
      if (Files.isExecutable(folder.resolve("initdb"))
          && Files.isExecutable(folder.resolve("postgres"))) {
        return folder;
      }
    }
    String message = "NOT TESTED: PostgreSQL is not installed on this machine";
    System.err.println("*".repeat(10) + " " + message);
    Assumptions.abort(message);
    throw new AssertionError("aborted");
  }

  /** PostgreSQL refuses to run as root. */
  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private ProcessBuilder command(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"));
    }
    command.add(programs.resolve(program).toString());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()));
  }

  private String data() {
    return folder.resolve("data").toString();
  }

  private void initialise() throws IOException, InterruptedException {
    if (isRoot()) {
      Files.setOwner(
          folder,
          folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("postgres"));
    }
    Process initdb =
        command(
                "initdb",
                "-D",
                data(),
                "-U",
                "queue",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync")
            .start();
    if (initdb.waitFor() != 0) {
      String log = Files.readString(folder.resolve("log"));
      close();
      throw new AssertionError("initdb fails:\n" + log);
    }
  }

  /** Starts it, or starts it again. */
  public void start() throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-D",
                data(),
                "-p",
                "" + port,
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories="));
    for (String setting : settings) {
      arguments.addAll(List.of("-c", setting));
    }
    process = command("postgres", arguments.toArray(String[]::new)).start();
    long start = System.nanoTime();
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() - start > PATIENCE) {
        String log = Files.readString(folder.resolve("log"));
        close();
        throw new AssertionError("PostgreSQL does not start:\n" + log);
      }
      Thread.sleep(10); // between two tries
    }
  }

  private boolean answers() {
    try (Connection connection = DriverManager.getConnection("jdbc:" + address("public"))) {
      return !connection.isClosed();
    } catch (SQLException e) {
      return false;
    }
  }

  /** The address of a schema, as a queue takes it. */
  String address(String schema) {
    return "postgresql://127.0.0.1:" + port + "/postgres?user=queue&currentSchema=" + schema;
  }

  /** Makes an empty schema, and returns its address. */
  public String newSchema() throws SQLException {
    String schema = "test" + SCHEMAS.incrementAndGet();
    try (Connection connection = connect("public");
        var statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA " + schema);
    }
    return address(schema);
  }

  /** Sets the clock of the server's machine: what a queue's functions see of it. */
  public static void jump(String address, Duration offset) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:" + address);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE OR REPLACE FUNCTION queue_wall() RETURNS bigint LANGUAGE sql STABLE AS "
              + "$$ SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint + "
              + offset.toSeconds()
              + "::bigint * 1000000 $$");
    }
  }

  Connection connect(String schema) throws SQLException {
    return DriverManager.getConnection("jdbc:" + address(schema));
  }

  /** Stops it, even with open connections. */
  public void stop() {
    signal("INT");
  }

  /** Has it fall down, as in a crash. */
  public void crash() {
    signal("QUIT");
  }

  private void signal(String signal) {
    try {
      new ProcessBuilder("kill", "-" + signal, "" + process.pid()).inheritIO().start().waitFor();
      if (!process.waitFor(PATIENCE, TimeUnit.NANOSECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (process != null && process.isAlive()) {
      crash();
    }
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(file -> file.delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
