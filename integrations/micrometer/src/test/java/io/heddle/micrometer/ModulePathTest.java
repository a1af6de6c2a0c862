package io.heddle.micrometer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On the module path, where the module declaration and no file names the propagator. */
@Timeout(60)
@Tag("system")
@Tag("slow")
final class ModulePathTest {
  /** Heddle, this module and its library: classes of a build that is under way, or jars. */
  private static final String MODULES =
      ".*/(core|inspect|micrometer)/target/(.*/)?(classes|heddle-[^/]*)|.*/(context-propagation)-[0-9][^/]*";

  /** The class path of this JVM, as far as its entries match. */
  private static String path(String pattern) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> entry.matches(pattern))
        .collect(joining(File.pathSeparator));
  }

  @Test
  void thePropagatorIsFoundThere() throws Exception {
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-p",
                path(MODULES),
                "-cp",
                path(".*/micrometer/target/(.*/)?test-classes"),
                "--add-modules",
                "io.heddle.micrometer",
                "modulepath.Main")
            .redirectErrorStream(true)
            .start();
    String output = new String(program.getInputStream().readAllBytes(), UTF_8);
    assertEquals("module io.heddle.micrometer: anna\n", output);
    assertEquals(0, program.waitFor());
  }
}
