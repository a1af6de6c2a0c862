package io.heddle.inspect;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.RuntimeInfo;
import io.heddle.WaitGroup;
import io.heddle.inspect.Trace.Event;
import io.heddle.inspect.Trace.Kind;
import io.heddle.internal.Inspection;
import io.heddle.internal.Inspection.Track;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In a JVM that is observed: see heddle.inspect in pom.xml. */
@Tag("clock")
@Timeout(60)
final class TraceTest {
  private static final int ROUNDS = 200;
  private static final long TIME = 1L << 56;
  private static final long START = 2L << 56;
  private static final long BEGIN = 3L << 56;
  private static final long WAIT = 4L << 56;
  private static final long RESUME = 5L << 56;
  private static final long END = 7L << 56;

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
      Chan<Integer> begin = Chan.unbuffered();
      Goroutine<?> one =
          go(
              "pong",
              () -> {
                begin.receive();
                for (Integer i = there.receive(); i != null; i = there.receive()) {
                  back.send(i);
                }
              });
      Goroutine<?> other =
          go(
              "ping",
              () -> {
                begin.receive();
                for (int i = 0; i < ROUNDS; i++) {
                  there.send(i);
                  assertEquals(i, back.receive());
                }
                there.close();
              });
      pong = key("pong");
      ping = key("ping");
      begin.close();
      one.join();
      other.join();
      trace[0] = Trace.take(Long.MIN_VALUE);
    });
    return trace[0];
  }

  /** What identifies the goroutine with this name. */
  private static long key(String name) {
    return Inspection.get().goroutines(1_000).some().stream()
        .filter(one -> name.equals(one.name()))
        .findFirst()
        .orElseThrow()
        .key();
  }

  private static Track track(int worker, long... entries) {
    return new Track(worker, "worker " + worker, entries);
  }

  /** The number of an event among those of its goroutine, as part of an entry. */
  private static long nth(long number) {
    return number << 8;
  }

  private static List<Event> of(Trace trace, long key) {
    return trace.events().stream().filter(event -> event.subject() == key).toList();
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
  void theEventsOfAGoroutineAreInTheOrderInWhichTheyHappened() throws InterruptedException {
    Trace trace = pingPong();
    Kind before = Kind.START;
    for (Event event : of(trace, ping)) {
      if (event.kind() != Kind.WAKE && event.kind() != Kind.START) {
        boolean fits =
            switch (event.kind()) {
              case BEGIN -> before == Kind.START;
              case WAIT, END -> before == Kind.BEGIN || before == Kind.RESUME;
              case RESUME -> before == Kind.WAIT;
              default -> true;
            };
        assertTrue(fits, before + " before " + event);
        before = event.kind();
      }
    }
  }

  @Test
  void goroutinesThatShareAThreadAreToldApart() throws InterruptedException {
    int many = 1_001;
    Set<Long> threads = ConcurrentHashMap.newKeySet();
    Map<Long, List<Kind>> kinds = new HashMap<>();
    run(() -> {
      WaitGroup group = new WaitGroup();
      for (int i = 0; i < many - 1; i++) {
        group.go(() -> threads.add(Thread.currentThread().threadId()));
      }
      group.await();
      go(() -> {}).join(); // the ends of all others are recorded by now, or soon
      while (kinds.values().stream().filter(all -> all.getLast() == Kind.END).count() < many) {
        Go.gosched();
        kinds.clear();
        for (Event event : Trace.take(Long.MIN_VALUE).events()) {
          if (event.kind() == Kind.START
              || event.kind() == Kind.BEGIN
              || event.kind() == Kind.END) {
            kinds.computeIfAbsent(event.subject(), none -> new ArrayList<>()).add(event.kind());
          }
        }
      }
    });
    kinds.values().removeIf(all -> all.getLast() != Kind.END); // the main goroutine
    assertEquals(many, kinds.size());
    assertEquals(Set.of(List.of(Kind.START, Kind.BEGIN, Kind.END)), new HashSet<>(kinds.values()));
    if (RuntimeInfo.current().scheduler() == RuntimeInfo.Scheduler.HEDDLE) {
      assertTrue(threads.size() < many, "no goroutine has shared a thread");
    }
  }

  /** A goroutine that keeps its worker has others take what it starts. */
  @Test
  void aStealNamesThiefAndVictim() throws Exception {
    RuntimeInfo info = RuntimeInfo.current();
    Assumptions.assumeTrue(
        info.scheduler() == RuntimeInfo.Scheduler.HEDDLE && info.parallelism() > 1,
        "SKIPPED: there is no second worker that could steal");
    List<Event> steals = new ArrayList<>();
    String[] chrome = new String[1];
    run(() -> {
      while (steals.isEmpty()) {
        WaitGroup group = new WaitGroup();
        AtomicInteger left = new AtomicInteger(100);
        for (int i = 0; i < 100; i++) {
          group.go(() -> left.decrementAndGet());
        }
        for (long end = System.nanoTime() + 5_000_000;
            left.get() > 0 && System.nanoTime() < end; ) {
          Thread.onSpinWait();
        }
        group.await();
        Trace trace = Trace.take(Long.MIN_VALUE);
        trace.events().stream().filter(one -> one.kind() == Kind.STEAL).forEach(steals::add);
        StringBuilder text = new StringBuilder();
        trace.write(new ChromeFormat(text));
        chrome[0] = text.toString();
      }
    });
    for (Event steal : steals) {
      assertEquals(steal.worker(), steal.subject(), "the thief records it");
      assertNotEquals(steal.subject(), steal.argument(), "the victim is another");
      assertTrue(chrome[0].contains("steals from worker " + steal.argument()), steal.toString());
    }
  }

  @Test
  void theHistoryOfAGoroutineNamesWhoWokeIt() throws InterruptedException {
    List<String> history =
        pingPong().history(pong).stream().map(event -> String.valueOf(event.get("what"))).toList();
    assertTrue(history.contains("begins") && history.contains("ends"), history.toString());
    assertTrue(
        history.stream().anyMatch(what -> what.startsWith("waits: chan ")), history.toString());
  }

  @Test
  void perfettoGetsSlicesThatDoNotOverlapAndArrows() throws Exception {
    StringBuilder text = new StringBuilder();
    pingPong().write(new ChromeFormat(text));
    String json = text.toString();
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
        states.containsAll(Set.of("running", "runnable"))
            && states.stream().anyMatch(state -> state.startsWith("waiting: chan ")),
        states.toString());
    assertTrue(begun.containsAll(arrived) && arrived.size() >= ROUNDS, begun + " " + arrived);
    assertFalse(json.contains("\"ts\":-"), "times count from the first event");
  }

  @Test
  void aStuckWorkerIsMarkedWithWhatItRuns() throws Exception {
    long stuck = 11L << 56;
    Track worker =
        track(1, TIME, 1_000, BEGIN, 8, TIME, 40_000_000, WAIT, 8, TIME, 90_000_000, END, 8);
    Track monitor =
        track(
            0, TIME, 20_000_000, stuck, 1, TIME, 60_000_000, stuck, 1, TIME, 99_000_000, stuck, 1);
    StringBuilder text = new StringBuilder();
    new Timeline(
            Trace.events(List.of(worker, monitor)),
            Map.of(1, "worker-1"),
            thread -> "goroutine " + thread,
            reason -> "sleep",
            new ChromeFormat(text))
        .write();
    assertEquals(
        List.of("stuck with goroutine 8", "stuck (pinned?) while goroutine 8 waits", "stuck"),
        JsonParser.parseString(text.toString())
            .getAsJsonObject()
            .getAsJsonArray("traceEvents")
            .asList()
            .stream()
            .map(JsonElement::getAsJsonObject)
            .filter(event -> event.get("ph").getAsString().equals("i"))
            .map(event -> event.get("name").getAsString())
            .toList());
  }

  @Test
  void aWorkerThatIsStuckFromBeginningToEndHasARow() throws Exception {
    long stuck = 11L << 56;
    Track monitor = track(0, TIME, 1_000, stuck, 3, TIME, 20_000_000, stuck, 3);
    StringBuilder text = new StringBuilder();
    new Timeline(
            Trace.events(List.of(monitor)),
            Map.of(1, "worker-1"),
            thread -> "goroutine " + thread,
            reason -> "sleep",
            new ChromeFormat(text))
        .write();
    assertEquals(
        2, text.toString().split("\"worker 3\"", -1).length, "one row: " + text.toString());
  }

  /** The fields of a message, as far as the format's documentation names them. */
  private static Map<Integer, List<Object>> fields(byte[] message) {
    Map<Integer, List<Object>> fields = new TreeMap<>();
    ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      long key = varint(in);
      Object value =
          switch ((int) key & 7) {
            case 0 -> varint(in);
            case 1 -> in.getLong();
            case 2 -> {
              byte[] bytes = new byte[(int) varint(in)];
              in.get(bytes);
              yield bytes;
            }
            default -> throw new AssertionError("wire type of " + key);
          };
      fields.computeIfAbsent((int) (key >>> 3), none -> new ArrayList<>()).add(value);
    }
    return fields;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  private static Object only(Map<Integer, List<Object>> fields, int number) {
    assertEquals(1, fields.getOrDefault(number, List.of()).size(), number + " of " + fields);
    return fields.get(number).getFirst();
  }

  /**
   * The same slices and arrows as in Chrome's format. The numbers are those of Perfetto's
   * trace_packet.proto, track_descriptor.proto and track_event.proto.
   */
  @Test
  void perfettosOwnFormatHasTheSameSlicesAndArrows() throws Exception {
    Trace trace = pingPong();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    trace.write(new PerfettoFormat(out));
    Map<Long, String> tracks = new HashMap<>();
    Map<Long, Long> parents = new HashMap<>();
    Map<Long, List<String>> slices = new HashMap<>();
    Map<Long, Long> open = new HashMap<>();
    Map<Long, Long> begun = new HashMap<>();
    Map<Long, Long> arrived = new HashMap<>();
    for (Object one : fields(out.toByteArray()).get(1)) {
      Map<Integer, List<Object>> packet = fields((byte[]) one);
      assertEquals(1L, only(packet, 10), "all packets are of one sequence");
      if (packet.containsKey(60)) {
        Map<Integer, List<Object>> track = fields((byte[]) only(packet, 60));
        long uuid = (long) only(track, 1);
        if (track.containsKey(5)) {
          parents.put(uuid, (long) only(track, 5));
          tracks.put(uuid, new String((byte[]) only(track, 2), UTF_8));
        } else {
          tracks.put(uuid, new String((byte[]) only(fields((byte[]) only(track, 3)), 6), UTF_8));
        }
        continue;
      }
      long at = (long) only(packet, 8);
      Map<Integer, List<Object>> event = fields((byte[]) only(packet, 11));
      long track = (long) only(event, 11);
      assertTrue(tracks.containsKey(track), "a track is described before its events");
      switch (((Long) only(event, 9)).intValue()) {
        case 1 -> {
          assertEquals(null, open.put(track, at), "slices of a track do not overlap");
          slices
              .computeIfAbsent(track, none -> new ArrayList<>())
              .add(new String((byte[]) only(event, 23), UTF_8));
        }
        case 2 -> assertTrue(open.remove(track) <= at);
        case 3 -> assertTrue(event.containsKey(23));
        default -> throw new AssertionError(event.toString());
      }
      event.getOrDefault(47, List.of()).forEach(flow -> begun.put((long) flow, at));
      event.getOrDefault(48, List.of()).forEach(flow -> arrived.put((long) flow, at));
    }
    assertTrue(open.isEmpty(), "all slices end");
    assertTrue(tracks.values().containsAll(List.of("Workers", "Goroutines")), tracks.toString());
    assertTrue(tracks.keySet().containsAll(parents.values()));
    assertTrue(arrived.size() >= ROUNDS);
    arrived.forEach((flow, at) -> assertTrue(begun.get(flow) <= at, "arrow " + flow));

    StringBuilder chrome = new StringBuilder();
    trace.write(new ChromeFormat(chrome));
    Map<Long, List<String>> same = new HashMap<>();
    for (JsonElement element :
        JsonParser.parseString(chrome.toString()).getAsJsonObject().getAsJsonArray("traceEvents")) {
      JsonObject event = element.getAsJsonObject();
      if (event.get("ph").getAsString().equals("X")) {
        same.computeIfAbsent(
                (event.get("pid").getAsLong() << 56) + event.get("tid").getAsLong(),
                none -> new ArrayList<>())
            .add(event.get("name").getAsString());
      }
    }
    assertEquals(same, slices);
  }

  @Test
  void eventsBetweenTwoReadingsOfTheClockAreSpread() {
    long[] entries = {
      BEGIN,
      99, // before the first reading that is left
      TIME,
      1_000,
      BEGIN,
      1,
      BEGIN,
      2, // two in a microsecond
      TIME,
      2_000,
      BEGIN,
      3, // and then nothing for a second
      TIME,
      1_000_002_000L,
      BEGIN,
      4
    };
    assertEquals(
        List.of(
            new Event(1_000, 1, Kind.BEGIN, 0, 1, 0),
            new Event(1_500, 1, Kind.BEGIN, 0, 2, 0),
            new Event(2_000, 1, Kind.BEGIN, 0, 3, 0),
            new Event(1_000_002_000L, 1, Kind.BEGIN, 0, 4, 0)),
        Trace.events(List.of(new Track(1, "w", entries))));
  }

  @Test
  void estimatedTimesDoNotReverseCauseAndEffect() {
    // The creator's events are spread over a microsecond, so the start appears at 1,500.
    Track creator = track(1, TIME, 1_000, BEGIN, 8, START, 9, TIME, 2_000, RESUME + nth(3), 9);
    Track other = track(2, TIME, 1_200, BEGIN + nth(1), 9, TIME, 1_300, WAIT + nth(2) + 5, 9);
    Track third = track(3, TIME, 1_900, END + nth(4), 9);
    assertEquals(
        List.of(
            new Event(1_000, 1, Kind.BEGIN, 0, 8, 0),
            new Event(1_500, 1, Kind.START, 0, 9, 0),
            new Event(1_500, 2, Kind.BEGIN, 0, 9, 1),
            new Event(1_500, 2, Kind.WAIT, 5, 9, 2),
            new Event(2_000, 1, Kind.RESUME, 0, 9, 3),
            new Event(2_000, 3, Kind.END, 0, 9, 4)),
        Trace.events(List.of(other, third, creator)));
  }

  @Test
  void twoWaitsOfAGoroutineThatChangesWorkersAreNotMixedUp() {
    // By the times it would continue on the first worker, wait there, and continue on the second.
    Track one =
        track(1, TIME, 1_000, WAIT + nth(2), 9, TIME, 1_100, RESUME + nth(5), 9, END + nth(6), 9);
    Track other = track(2, TIME, 1_200, RESUME + nth(3), 9, WAIT + nth(4), 9);
    assertEquals(
        List.of(2L, 3L, 4L, 5L, 6L),
        Trace.events(List.of(one, other)).stream().map(Event::number).toList());
  }

  @Test
  void anEventWhoseCauseWasOverwrittenKeepsItsTime() {
    Track one = track(1, TIME, 1_000, BEGIN + nth(1), 9, TIME, 90_000_000, BEGIN, 7);
    Track other = track(2, TIME, 5_000, RESUME + nth(3), 9);
    assertEquals(
        List.of(
            new Event(1_000, 1, Kind.BEGIN, 0, 9, 1),
            new Event(5_000, 2, Kind.RESUME, 0, 9, 3),
            new Event(90_000_000, 1, Kind.BEGIN, 0, 7, 0)),
        Trace.events(List.of(one, other)));
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
