package io.heddle.inspect;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.DeadlockException;
import io.heddle.Goroutine;
import io.heddle.internal.Alerts;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In a JVM that is observed: see heddle.inspect in pom.xml. */
@Timeout(60)
@Tag("slow")
@Tag("system")
final class JfrEventsTest {
  @Test
  void goroutinesAndProblemsAreStreamed() throws Exception {
    JfrEvents.begin();
    Map<String, List<RecordedEvent>> events = new ConcurrentHashMap<>();
    long id;
    try (RecordingStream stream = new RecordingStream()) {
      stream.setReuse(false);
      stream.enable("io.heddle.GoroutineWait").withoutThreshold();
      stream.onEvent(event ->
          events
              .computeIfAbsent(event.getEventType().getName(), none -> new CopyOnWriteArrayList<>())
              .add(event));
      stream.startAsync();
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
      boolean _ = stream.stop(); // when all have been delivered
    }
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

  @Test
  void aDeadlockIsRecorded(@TempDir Path folder) throws Exception {
    JfrEvents.begin();
    Path file = folder.resolve("recording.jfr");
    try (Recording recording = new Recording()) {
      recording.start();
      DeadlockException e =
          assertThrows(DeadlockException.class, () -> run(() -> Chan.unbuffered().receive()));
      assertTrue(e.getMessage().contains("deadlock"), e.getMessage());
      recording.dump(file);
    }
    RecordedEvent deadlock =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().equals("io.heddle.Deadlock"))
            .findFirst()
            .orElseThrow();
    assertEquals("Deadlock", deadlock.getEventType().getLabel());
    assertTrue(
        deadlock.getString("description").contains("chan receive"),
        deadlock.getString("description"));
  }

  /** In a process of its own, as the property starts it and a leak outlives its test. */
  @Test
  void aLeakAndADeadlockAreStreamedWhileTheProgramRuns() throws Exception {
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dheddle.jfr=on",
                "-cp",
                System.getProperty("java.class.path"),
                Streaming.class.getName())
            .redirectErrorStream(true)
            .start();
    try {
      String output = new String(program.getInputStream().readAllBytes(), UTF_8);
      assertEquals(0, program.waitFor(), output);
      assertTrue(
          output.matches(
              "(?s).*Goroutine Leak: [^\n]*\"mirror\" [^\n]*chan send[^\n]*firstAnswer.*"
                  + "Deadlock: [^\n]*chan receive.*the program continues\\s*"),
          output);
    } finally {
      program.destroyForcibly();
    }
  }

  private static long of(Map<String, List<RecordedEvent>> events, String kind, long id) {
    return events.get("io.heddle." + kind).stream()
        .filter(event -> event.getLong("goroutine") == id && event.getLong("program") == 0)
        .count();
  }
}
