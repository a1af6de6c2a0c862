package io.heddle.purge.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Memory does not grow with the number of keys: here a million in a heap where not even a quarter
 * of them fits, with {@code -Pscale} ten millions in 256 MB.
 */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class ScaleTest {
  private static final int KEYS = Integer.getInteger("purge.scale.keys", 1_000_000);
  private static final String HEAP = System.getProperty("purge.scale.heap", "24m");

  @TempDir private Path folder;

  private Process start(Path failed, String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + HEAP,
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Scale.class.getName(),
                "" + KEYS,
                failed.toString()));
    command.addAll(List.of(more));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  @Test
  void memoryDoesNotGrowWithTheNumberOfKeys() throws Exception {
    Path failed = folder.resolve("failed.ndjson");
    Process process = start(failed);
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertEquals(KEYS - KEYS / 100 + " " + KEYS / 100 + "\n", output);
    try (var lines = Files.lines(failed)) {
      assertEquals(KEYS / 100, lines.count());
    }
  }

  @Test
  void andThatWouldBeNoticed() throws Exception {
    Process process = start(folder.resolve("failed.ndjson"), "hoard");
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor() != 0, output);
    assertTrue(output.contains("OutOfMemoryError"), output);
  }
}
