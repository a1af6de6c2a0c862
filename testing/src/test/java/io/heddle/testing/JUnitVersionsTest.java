package io.heddle.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The annotations do the same under each JUnit that they are for. The build copies the latest
 * version of each into target/junit; a JVM of its own runs the samples under one of them.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class JUnitVersionsTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"5", "6"})
  void theAnnotationsWorkUnderTheLatestJUnit(String version) throws Exception {
    assertEquals(
        """
        Explorations.deadlocks: ExplorationError
        Explorations.passes: ok
        InABubble.deadlocks: DeadlockError
        InABubble.failsAndLeaks: IllegalStateException with [LeakError]
        InABubble.passes: ok
        InParallel.leaks: ok
        InParallel.passes: ok
        JUnit Jupiter: LeakError
        Leaks.leaks: LeakError
        Leaks.mayLeak: ok
        Leaks.passes: ok
        Unchecked.leaks: ok
        """,
        run(Path.of("target", "junit", version)));
  }

  private String run(Path junit) throws Exception {
    List<String> classPath = new ArrayList<>();
    for (Class<?> type : List.of(Go.class, Bubble.class, JUnitRun.class)) {
      classPath.add(root(type).toString());
    }
    try (Stream<Path> jars = Files.list(junit)) {
      jars.forEach(jar -> classPath.add(jar.toAbsolutePath().toString()));
    }
    Path out = directory.resolve("out");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                String.join(File.pathSeparator, classPath),
                JUnitRun.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT) // JUnit has advice to give
            .redirectOutput(out.toFile())
            .start();
    try {
      assertTrue(process.waitFor(150, TimeUnit.SECONDS), "the child does not end");
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(out, UTF_8);
  }

  /** The folder or the archive that a class was loaded from. */
  private static Path root(Class<?> type) throws Exception {
    String name = "/" + type.getName().replace('.', '/') + ".class";
    String url = type.getResource(name).toString();
    String place = url.substring(0, url.length() - name.length());
    return place.startsWith("jar:")
        ? Path.of(new URI(place.substring("jar:".length(), place.length() - 1)))
        : Path.of(new URI(place));
  }
}
