package io.heddle.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import io.heddle.Go;
import io.heddle.local.kv.KvServer;
import io.heddle.purge.engine.Purge;
import io.heddle.queue.Queue;
import io.heddle.remote.Remote;
import io.heddle.terminal.Terminal;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.apache.hc.core5.http.HttpHost;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The programs as the documentation has them run: as source files, with the command's libraries.
 */
@Tag("system")
@Tag("slow")
final class SourceFilesTest {
  private static final Path SOURCES = Path.of("programs");

  @Test
  void everySourceCompiles(@TempDir Path classes) throws Exception {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    try (StandardJavaFileManager files =
            compiler.getStandardFileManager(diagnostics, null, StandardCharsets.UTF_8);
        Stream<Path> sources = Files.list(SOURCES)) {
      List<String> options =
          List.of("-cp", libraries(), "-d", classes.toString(), "-proc:none", "-Xlint:all");
      assertTrue(
          compiler
              .getTask(
                  null,
                  files,
                  diagnostics,
                  options,
                  null,
                  files.getJavaFileObjects(
                      paths(sources.filter(file -> file.toString().endsWith(".java")))))
              .call(),
          () -> diagnostics.getDiagnostics().toString());
    }
    assertEquals(List.of(), diagnostics.getDiagnostics());
  }

  private static Path[] paths(Stream<Path> sources) {
    return sources.toArray(Path[]::new);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Channels", "SelectLoops", "BulkDeleteKeepGoing", "PurgeStore"})
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void aProgramRunsAsASourceFile(String name, @TempDir Path directory) throws Exception {
    Path output = directory.resolve("output");
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", // it starts sooner
                "-XX:+UseSerialGC",
                "-cp",
                libraries(),
                SOURCES.resolve(name + ".java").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD) // where a spinner is
            .redirectOutput(output.toFile())
            .start();
    try {
      int status = java.waitFor();
      List<String> lines = Files.readAllLines(output);
      assertEquals(0, status, lines::toString);
      TourProgram program =
          Programs.list().stream()
              .filter(candidate -> candidate.name().equals(name))
              .findFirst()
              .orElseThrow();
      assertEquals(null, program.prints().complaint(lines));
    } finally {
      java.destroyForcibly();
    }
  }

  /** What the documentation puts on the class path: the command's libraries. */
  private static String libraries() throws Exception {
    return String.join(
        File.pathSeparator,
        locationOf(Go.class),
        locationOf(Tour.class),
        locationOf(Terminal.class),
        locationOf(KvServer.class),
        locationOf(Purge.class),
        locationOf(Remote.class),
        locationOf(HttpHost.class),
        locationOf(Queue.class),
        locationOf(Gson.class),
        locationOf(Nullable.class));
  }

  private static String locationOf(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }
}
