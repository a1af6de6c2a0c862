package io.heddle.bench;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The location of the peers' programs, and how the Go program is built. */
final class Installation {
  /** Contains the sources of Debian's golang-golang-x-sync-dev and golang-golang-x-time-dev. */
  private static final Path DEBIAN_GOPATH = Path.of("/usr/share/gocode");

  static final String INSTALL_GO =
      """
      Go is missing, so there is nothing to compare with it. To install it:
        Debian, Ubuntu   sudo apt-get install golang-go golang-golang-x-sync-dev golang-golang-x-time-dev
        macOS            brew install go
        anywhere else    https://go.dev/dl/\
      """;

  private final Path module;
  private final String classPath;

  private Installation(Path module, String classPath) {
    this.module = module;
    this.classPath = classPath;
  }

  /** The installation that contains this class, with the class path of the built module. */
  static Installation find() {
    Path module = module();
    Path target = module.resolve("target");
    return new Installation(
        module, target.resolve("heddle-bench.jar") + File.pathSeparator + target.resolve("lib/*"));
  }

  /** The same with another class path. */
  static Installation withClassPath(String classPath) {
    return new Installation(module(), classPath);
  }

  private static Path module() {
    try {
      Path code =
          Path.of(Installation.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      for (Path folder = code; folder != null; folder = folder.getParent()) {
        Path module = folder.resolve("bench");
        if (Files.isDirectory(module.resolve("src/main/go"))) {
          return module;
        }
      }
      throw new IllegalStateException(
          "the benchmark needs Heddle's source tree around " + code + ": run ./heddle bench in it");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  String classPath() {
    return classPath;
  }

  /** Builds the Go program if it is older than its source; empty if Go is not installed. */
  Optional<Path> goProgram() throws IOException, InterruptedException {
    if (goVersion().isEmpty()) {
      return Optional.empty();
    }
    Path sources = module.resolve("src/main/go");
    Path program = module.resolve("target/go/heddle-bench-go");
    if (!isOlder(program, sources)) {
      return Optional.of(program);
    }
    Files.createDirectories(program.getParent());
    List<String> command = new ArrayList<>(List.of("go", "build", "-o", program.toString()));
    if (Files.isDirectory(DEBIAN_GOPATH.resolve("src/golang.org/x/sync"))) {
      run(sources, Map.of("GO111MODULE", "off", "GOPATH", DEBIAN_GOPATH.toString()), command);
    } else {
      // go.mod without go.sum, made beside the program: the versions are those that are installed.
      Path copy = program.resolveSibling("src");
      Files.createDirectories(copy);
      try (var files = Files.list(sources)) {
        for (Path file : files.toList()) {
          Files.copy(file, copy.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
      }
      Files.writeString(copy.resolve("go.mod"), "module heddle.io/bench\n\ngo 1.23\n");
      run(copy, Map.of(), List.of("go", "mod", "tidy"));
      run(copy, Map.of(), command);
    }
    return Optional.of(program);
  }

  /** The output of {@code go version}, empty if Go is not installed. */
  static Optional<String> goVersion() throws InterruptedException {
    try {
      Process go = new ProcessBuilder("go", "version").redirectErrorStream(true).start();
      String version =
          new String(go.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return go.waitFor() == 0 ? Optional.of(version) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static boolean isOlder(Path program, Path sources) throws IOException {
    if (!Files.exists(program)) {
      return true;
    }
    try (var files = Files.list(sources)) {
      for (Path file : files.toList()) {
        if (Files.getLastModifiedTime(file).compareTo(Files.getLastModifiedTime(program)) > 0) {
          return true;
        }
      }
      return false;
    }
  }

  private static void run(Path folder, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(5, TimeUnit.MINUTES) || process.exitValue() != 0) {
      throw new IOException(String.join(" ", command) + " failed:\n" + output.strip());
    }
  }
}
