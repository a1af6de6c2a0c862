package io.heddle.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.heddle.internal.Inspection;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class FlightRecorderTest {
  @TempDir private Path folder;

  @Test
  void whatHappenedBeforeAMishapIsInAFile() throws Exception {
    Path traces = folder.resolve("traces");
    Process program = start(traces, "-Dheddle.trace.bytes=65536", "-Dheddle.dump.signal=USR1");
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(program.getInputStream(), UTF_8))) {
      String page = line(output, "heddle: live page at ").replaceFirst(".*at ", "");
      proceed(program);
      assertTrue(trace(output, "deadline").contains("waiting: "));
      String stall = trace(output, "stall");
      assertTrue(stall.contains("\"reader\"") && stall.contains("stuck with reader"), stall);
      String pid = String.valueOf(program.pid());
      assertEquals(0, new ProcessBuilder("kill", "-USR1", pid).start().waitFor());
      trace(output, "signal");
      String overview = page.replaceFirst("/#token=", "/api/overview?token=");
      try (InputStream looks = URI.create(overview).toURL().openStream()) {
        assertTrue(new String(looks.readAllBytes(), UTF_8).contains("goroutines"));
      }
      proceed(program);
      assertTrue(trace(output, "deadlock").contains("waiting: chan receive"));
      assertTrue(line(output, "the program continues").endsWith("continues"));
    } finally {
      program.destroyForcibly();
    }
    try (var all = Files.list(traces)) {
      assertEquals(4, all.count());
    }
  }

  private static Process start(Path traces, String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--add-opens=java.base/java.lang=ALL-UNNAMED");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-XX:+UseSerialGC");
    command.add("-Dheddle.inspect=127.0.0.1:0"); // does not keep a deadlock from being found
    command.add("-Dheddle.trace=" + traces);
    command.addAll(List.of(options));
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Mishaps.class.getName());
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  @Test
  void aTraceForWhichThereIsNoMemoryIsLeftOutAlone() throws Exception {
    Path traces = folder.resolve("traces");
    Process program = start(traces, "-Dheddle.trace.bytes=268435456", "-Xmx48m");
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(program.getInputStream(), UTF_8))) {
      String problem = line(output, "heddle: heddle.trace=");
      assertTrue(problem.contains("there is no memory for heddle.trace.bytes=268435456;"), problem);
      line(output, "heddle: live page at ");
    } finally {
      program.destroyForcibly();
    }
  }

  private static void proceed(Process program) throws IOException {
    program.getOutputStream().write('\n');
    program.getOutputStream().flush();
  }

  /** The trace of a mishap, when its file is announced. */
  private static String trace(BufferedReader output, String kind) throws Exception {
    String begin = "heddle: " + kind + ": the trace is in ";
    String json = Files.readString(Path.of(line(output, begin).substring(begin.length())));
    assertFalse(
        JsonParser.parseString(json).getAsJsonObject().getAsJsonArray("traceEvents").isEmpty());
    return json;
  }

  private static String line(BufferedReader output, String begin) throws Exception {
    StringBuilder before = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(begin)) {
        return line;
      }
      before.append(line).append('\n');
    }
    throw new AssertionError("no line begins with '" + begin + "' in:\n" + before);
  }

  @Test
  void aFullDiskIsSaidToBeFullAndHasNoPartOfATrace() throws Exception {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full), "SKIPPED: this system has no /dev/full");
    Path file = Files.createSymbolicLink(folder.resolve("trace.json"), full);
    assertTrue(Inspection.get().beginTrace(1 << 14));
    String message;
    try {
      message = FlightRecorder.write(file);
    } finally {
      Inspection.get().endTrace();
    }
    assertEquals(
        "cannot write the trace to "
            + file
            + ": No space left on device; free some space, or set heddle.trace to another folder",
        message);
    assertFalse(Files.exists(file, LinkOption.NOFOLLOW_LINKS));
  }
}
