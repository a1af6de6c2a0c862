package io.heddle.remote;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A server program of this machine for tests, with a folder of its own. Where the program is not
 * installed the test is skipped, loudly.
 */
abstract class LocalServer implements AutoCloseable {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  private final String program;
  private final String path;
  private final Path folder;
  private Process process;

  LocalServer(String program) throws IOException {
    this.program = program;
    path = find(program);
    folder = Files.createTempDirectory("heddle-" + program);
  }

  /** What to pass to the program, whose files belong in a folder. */
  abstract List<String> arguments(Path folder) throws IOException;

  /** Whether it serves requests. */
  abstract boolean answers() throws InterruptedException;

  /** Starts a new server, which ends with this process unless a test closes it. */
  static <S extends LocalServer> S launch(S server) throws IOException, InterruptedException {
    Runtime.getRuntime().addShutdownHook(new Thread(server::kill));
    server.start();
    return server;
  }

  static String find(String program) {
    return Stream.concat(
            Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1)),
            Stream.of("/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"))
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

  /** Starts it, again after {@link #kill}. */
  void start() throws IOException, InterruptedException {
    List<String> command = Stream.concat(Stream.of(path), arguments(folder).stream()).toList();
    Path log = folder.resolve("log");
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    long start = System.nanoTime();
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() - start > PATIENCE) {
        throw new AssertionError(program + " does not start:\n" + Files.readString(log));
      }
      Thread.sleep(10); // between two tries
    }
  }

  /** Kills it as a crash would; what it has acknowledged is in its files. */
  void kill() {
    if (process != null) {
      process.destroyForcibly();
      process.onExit().join();
    }
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
