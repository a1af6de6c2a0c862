package io.heddle.inspect;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Goroutine;
import io.heddle.internal.Alerts;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In a JVM that is observed: see heddle.inspect in pom.xml. */
@Timeout(60)
@Tag("slow")
final class JfrEventsTest {
  @Test
  void goroutinesAndProblemsAreEvents(@TempDir Path folder) throws Exception {
    JfrEvents.begin();
    Path file = folder.resolve("recording.jfr");
    long id;
    try (Recording recording = new Recording()) {
      recording.enable("io.heddle.GoroutineWait").withoutThreshold();
      recording.start();
      Chan<Integer> values = Chan.unbuffered();
      Goroutine<?> receiver = go("receiver", () -> values.receive());
      id = receiver.id();
      while (!receiver.toString().contains("chan receive")) {
        Thread.onSpinWait(); // until it waits
      }
      values.send(1);
      receiver.join();
      Alerts.raise("leak", "one has leaked");
      CountDownLatch stuck = new CountDownLatch(1);
      Alerts.listen((kind, _) -> {
        if (kind.equals("stuck")) {
          stuck.countDown();
        }
      });
      go(
              () -> {
                while (stuck.getCount() > 0) {
                  Thread.onSpinWait(); // keeps its worker until that is noticed
                }
              })
          .join();
      recording.stop();
      recording.dump(file);
    }
    Map<String, List<RecordedEvent>> events =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().startsWith("io.heddle."))
            .collect(Collectors.groupingBy(event -> event.getEventType().getName()));
    assertEquals(1, of(events, "GoroutineStart", id));
    assertEquals(1, of(events, "GoroutineEnd", id));
    RecordedEvent wait =
        events.get("io.heddle.GoroutineWait").stream()
            .filter(event -> event.getThread().getJavaName().equals("receiver"))
            .findFirst()
            .orElseThrow();
    assertEquals(id, wait.getLong("goroutine"));
    assertEquals(0, wait.getLong("program"));
    assertEquals("chan receive", wait.getString("reason"));
    assertTrue(wait.getDuration().toNanos() > 0);
    assertTrue(wait.getStackTrace().toString().contains("receive"));
    String stuck = events.get("io.heddle.StuckWorker").getFirst().getString("description");
    assertTrue(stuck.matches("heddle-\\d+ has run one goroutine for more than 10 ms"), stuck);
    RecordedEvent leak = events.get("io.heddle.GoroutineLeak").getFirst();
    assertEquals("one has leaked", leak.getString("description"));
    assertEquals(List.of("Heddle", "Problems"), leak.getEventType().getCategoryNames());
  }

  private static long of(Map<String, List<RecordedEvent>> events, String kind, long id) {
    return events.get("io.heddle." + kind).stream()
        .filter(event -> event.getLong("goroutine") == id && event.getLong("program") == 0)
        .count();
  }
}
