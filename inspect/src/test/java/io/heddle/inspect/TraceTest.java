package io.heddle.inspect;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.Chan;
import io.heddle.Goroutine;
import io.heddle.inspect.Trace.Event;
import io.heddle.inspect.Trace.Kind;
import io.heddle.internal.Inspection;
import io.heddle.internal.Inspection.Track;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In a JVM that is observed: see heddle.inspect in pom.xml. */
@Timeout(60)
final class TraceTest {
  private static final int ROUNDS = 200;

  private long ping;
  private long pong;

  @BeforeEach
  void begin() {
    assertTrue(Inspection.get().beginTrace(1 << 20));
  }

  @AfterEach
  void end() {
    Inspection.get().endTrace();
  }

  /** Two goroutines that send a number to and fro. */
  private Trace pingPong() throws InterruptedException {
    Trace[] trace = new Trace[1];
    run(() -> {
      Chan<Integer> there = Chan.unbuffered();
      Chan<Integer> back = Chan.unbuffered();
      Goroutine<?> one =
          go(
              "pong",
              () -> {
                for (Integer i = there.receive(); i != null; i = there.receive()) {
                  back.send(i);
                }
              });
      Goroutine<?> other =
          go(
              "ping",
              () -> {
                for (int i = 0; i < ROUNDS; i++) {
                  there.send(i);
                  assertEquals(i, back.receive());
                }
                there.close();
              });
      pong = one.thread().threadId();
      ping = other.thread().threadId();
      one.join();
      other.join();
      trace[0] = Trace.take(Long.MIN_VALUE);
    });
    return trace[0];
  }

  private static List<Event> of(Trace trace, long thread) {
    return trace.events().stream().filter(event -> event.subject() == thread).toList();
  }

  @Test
  void aKnownProgramIsReconstructed() throws InterruptedException {
    Trace trace = pingPong();
    long thereAndBack = 0;
    for (long goroutine : new long[] {ping, pong}) {
      long partner = ping + pong - goroutine;
      List<Event> events = of(trace, goroutine);
      assertEquals(Kind.START, events.getFirst().kind(), "its creator starts it");
      assertEquals(1, events.stream().filter(event -> event.kind() == Kind.BEGIN).count());
      assertEquals(1, events.stream().filter(event -> event.kind() == Kind.END).count());
      assertEquals(
          events.stream().filter(event -> event.kind() == Kind.WAIT).count(),
          events.stream().filter(event -> event.kind() == Kind.RESUME).count(),
          "every wait has an end");
      thereAndBack +=
          events.stream()
              .filter(event -> event.kind() == Kind.WAKE && event.argument() == partner)
              .count();
    }
    // Who comes second to a channel wakes who came first: once for each value, and once for the
    // close if the other waits for it already.
    assertTrue(
        thereAndBack == 2 * ROUNDS || thereAndBack == 2 * ROUNDS + 1, "wake-ups: " + thereAndBack);
  }

  @Test
  void onAWorkerEventsAreInTheOrderInWhichTheyHappened() throws InterruptedException {
    Trace trace = pingPong();
    Map<Long, Kind> last = new HashMap<>();
    int worker = 0;
    for (Event event : of(trace, ping)) {
      if (event.kind() != Kind.WAKE && event.kind() != Kind.START) {
        Kind before = last.put(event.subject(), event.kind());
        boolean fits =
            switch (event.kind()) {
              case BEGIN -> before == null;
              case WAIT, END -> before == Kind.BEGIN || before == Kind.RESUME;
              case RESUME -> before == Kind.WAIT;
              default -> true;
            };
        // Between two workers the estimated times of quick events may cross.
        assertTrue(fits || event.worker() != worker, before + " before " + event);
        worker = event.worker();
      }
    }
  }

  @Test
  void theHistoryOfAGoroutineNamesWhoWokeIt() throws InterruptedException {
    List<String> history =
        pingPong().history(pong).stream().map(event -> String.valueOf(event.get("what"))).toList();
    assertTrue(history.contains("begins") && history.contains("ends"), history.toString());
    assertTrue(history.contains("waits: chan receive"), history.toString());
  }

  @Test
  void perfettoGetsSlicesThatDoNotOverlapAndArrows() throws InterruptedException {
    String json = pingPong().chrome();
    Map<String, Double> ends = new HashMap<>();
    Set<String> states = new HashSet<>();
    Set<Long> begun = new HashSet<>();
    Set<Long> arrived = new HashSet<>();
    List<JsonObject> slices = new ArrayList<>();
    for (JsonElement element :
        JsonParser.parseString(json).getAsJsonObject().getAsJsonArray("traceEvents")) {
      JsonObject event = element.getAsJsonObject();
      switch (event.get("ph").getAsString()) {
        case "X" -> slices.add(event);
        case "s" -> begun.add(event.get("id").getAsLong());
        case "f" -> arrived.add(event.get("id").getAsLong());
        default -> {}
      }
    }
    slices.sort(java.util.Comparator.comparingDouble(slice -> slice.get("ts").getAsDouble()));
    for (JsonObject slice : slices) {
      String row = slice.get("pid") + "/" + slice.get("tid");
      double start = slice.get("ts").getAsDouble();
      assertTrue(start >= ends.getOrDefault(row, 0.0) - 0.002, "overlap: " + slice);
      ends.put(row, start + slice.get("dur").getAsDouble());
      states.add(slice.get("name").getAsString());
    }
    assertTrue(
        states.containsAll(Set.of("running", "runnable", "waiting: chan receive")),
        states.toString());
    assertTrue(begun.containsAll(arrived) && arrived.size() >= ROUNDS, begun + " " + arrived);
    assertFalse(json.contains("\"ts\":-"), "times count from the first event");
  }

  @Test
  void eventsBetweenTwoReadingsOfTheClockAreSpread() {
    long time = 1L << 56;
    long begin = 3L << 56;
    long[] entries = {
      begin,
      99, // before the first reading that is left
      time,
      1_000,
      begin,
      1,
      begin,
      2, // two in a microsecond
      time,
      2_000,
      begin,
      3, // and then nothing for a second
      time,
      1_000_002_000L,
      begin,
      4
    };
    assertEquals(
        List.of(
            new Event(1_000, 1, Kind.BEGIN, 0, 1),
            new Event(1_500, 1, Kind.BEGIN, 0, 2),
            new Event(2_000, 1, Kind.BEGIN, 0, 3),
            new Event(1_000_002_000L, 1, Kind.BEGIN, 0, 4)),
        Trace.events(List.of(new Track(1, "w", entries))));
  }

  @Test
  void memoryIsBoundedAndTheLastEventsStay() throws InterruptedException {
    Inspection.get().endTrace();
    assertTrue(Inspection.get().beginTrace(1 << 14)); // 1024 entries
    Trace trace = pingPong();
    for (Track track : Inspection.get().trace()) {
      assertTrue(track.entries().length <= 2 * 1024, track.name());
    }
    assertEquals(1, of(trace, ping).stream().filter(one -> one.kind() == Kind.END).count());
  }
}
