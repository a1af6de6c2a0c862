package io.heddle.queue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** 100,000 deferred messages, 100 MB of them, in a heap of 40 MB. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class DeferredTest {
  private static final Pattern LATE = Pattern.compile("latest (\\d+) ms late");

  @TempDir private Path folder;

  private Process start(String address, String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx40m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-Dslf4j.internal.verbosity=ERROR",
                "-cp",
                System.getProperty("java.class.path"),
                Deferred.class.getName(),
                address,
                "100000"));
    command.addAll(List.of(more));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private void assertPrompt(String address) throws Exception {
    Process process = start(address);
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), output);
    System.out.print(output);
    Matcher late = LATE.matcher(output);
    assertTrue(late.find(), output);
    // Milliseconds on an idle machine; the deferred ones are an hour away.
    assertTrue(Long.parseLong(late.group(1)) < 10_000, output);
  }

  @Test
  void dueMessagesComePromptlyFromTheEmbeddedQueue() throws Exception {
    assertPrompt(folder.resolve("queue").toString());
  }

  @Test
  void dueMessagesComePromptlyFromTheSharedQueue() throws Exception {
    assertPrompt(PostgresServer.shared().newSchema());
  }

  @Test
  void andTooMuchMemoryWouldBeNoticed() throws Exception {
    Process process = start(folder.resolve("queue").toString(), "hoard");
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertNotEquals(0, process.waitFor(), output);
    assertTrue(output.contains("OutOfMemoryError"), output);
  }
}
