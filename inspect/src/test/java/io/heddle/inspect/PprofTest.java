package io.heddle.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.inspect.GoroutineProfile.Labelled;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Go's own tool reads what is written. */
@Timeout(120)
@Tag("system")
@Tag("slow")
final class PprofTest {
  private static final StackTraceElement RECEIVE =
      new StackTraceElement("io.heddle.Chan", "receive", "Chan.java", 254);

  private static final StackTraceElement WORKER =
      new StackTraceElement("shop.Orders", "worker", "Orders.java", 42);

  @TempDir private Path folder;

  private String tool(byte[] profile, String... options) throws Exception {
    Path go = Path.of("/usr/bin/go");
    Assumptions.assumeTrue(
        Files.isExecutable(go), "SKIPPED: go is not installed, so its pprof was not tried");
    Path file = Files.write(folder.resolve("profile.pb.gz"), profile);
    List<String> command = new java.util.ArrayList<>(List.of(go.toString(), "tool", "pprof"));
    command.addAll(List.of(options));
    command.add(file.toString());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PPROF_TMPDIR", folder.toString());
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }

  private static byte[] goroutines() {
    return new GoroutineProfile(
            1_007,
            false,
            List.of(
                group("chan receive", 1_000, List.of(RECEIVE, WORKER)),
                group("sleep", 7, List.of(WORKER))))
        .pprof();
  }

  private static GoroutineProfile.Group group(
      String reason, long count, List<StackTraceElement> stack) {
    return new GoroutineProfile.Group(
        "waiting",
        reason,
        count,
        0,
        "shop.Main.main(Main.java:1)",
        stack,
        List.of(
            new Labelled(Map.of("tenant", "acme"), count / 2),
            new Labelled(Map.of(), count - count / 2)),
        List.of(),
        List.of());
  }

  @Test
  void theGoroutineProfileShowsWhereGoroutinesAre() throws Exception {
    String top = tool(goroutines(), "-top").replaceAll(" +", " ");
    assertTrue(top.contains("Type: goroutine"), top);
    assertTrue(top.contains("1007, 100% of 1007 total"), top);
    assertTrue(top.contains(" 1000 99.30% 99.30% 1000 99.30% io.heddle.Chan.receive"), top);
    assertTrue(top.contains(" 7 0.7% 100% 1007 100% shop.Orders.worker"), top);
  }

  @Test
  void labelsSelectSamples() throws Exception {
    String tags = tool(goroutines(), "-tags").replaceAll(" +", " ");
    assertTrue(tags.contains("chan receive") && tags.contains("shop.Main.main"), tags);
    String focus = tool(goroutines(), "-top", "-tagfocus=state=sleep").replaceAll(" +", " ");
    assertTrue(focus.contains("7, 0.7% of 1007 total"), focus);
    String tenant = tool(goroutines(), "-top", "-tagfocus=tenant=acme").replaceAll(" +", " ");
    assertTrue(tenant.contains("503, 49.95% of 1007 total"), tenant);
  }

  @Test
  void linesAreThoseOfTheSource() throws Exception {
    String lines = tool(goroutines(), "-top", "-lines");
    assertTrue(lines.contains("Orders.java:42"), lines);
  }

  @Test
  void theBlockProfileHasCountsAndTimes() throws Exception {
    WaitProfile profile =
        new WaitProfile(
            Duration.ofSeconds(5),
            List.of(
                new WaitProfile.Site("Mutex.lock", List.of(WORKER), 30, 2_000_000_000L),
                new WaitProfile.Site("chan receive", List.of(RECEIVE), 10, 500_000_000L)));
    String delay = tool(profile.pprof(), "-top", "-sample_index=delay").replaceAll(" +", " ");
    assertTrue(delay.contains("2000ms 80.00% 80.00% 2000ms 80.00% shop.Orders.worker"), delay);
    String locks =
        tool(profile.pprof(), "-top", "-sample_index=contentions", "-tagfocus=reason=Mutex.lock");
    assertTrue(locks.contains("30, 75.00% of 40 total") && !locks.contains("Chan.receive"), locks);
  }

  @Test
  void anEmptyProfileIsOneToo() throws Exception {
    byte[] none = new GoroutineProfile(0, false, List.of()).pprof();
    assertTrue(tool(none, "-raw").contains("goroutine/count"));
  }
}
