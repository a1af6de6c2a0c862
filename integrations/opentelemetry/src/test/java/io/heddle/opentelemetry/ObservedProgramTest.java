package io.heddle.opentelemetry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A program with OpenTelemetry's SDK and these modules on its class path. */
@Timeout(60)
@Tag("system")
@Tag("slow")
final class ObservedProgramTest {
  @Test
  void metersAndTraceIdsNeedNoCall() throws Exception {
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dheddle.inspect=127.0.0.1:0",
                "-cp",
                System.getProperty("java.class.path"),
                ObservedMain.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(program.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, program.waitFor(), output);
    String trace = output.replaceFirst("(?s)(?:.*\n)?trace (\\w+)\n.*", "$1");
    assertTrue(
        output.contains("\"trace_id\":\"" + trace + "\"") && output.contains("\"span_id\""),
        output);
    List<String> lines = output.lines().toList();
    for (String name : List.of("goroutines", "scheduler.latency", "scheduler.steals", "timers")) {
      assertEquals(1, lines.stream().filter(("metric heddle." + name)::equals).count(), output);
    }
  }
}
