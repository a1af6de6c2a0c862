package io.heddle.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Goroutines;
import io.heddle.Leaks;
import io.heddle.inspect.InspectServer.Answer;
import io.heddle.internal.Inspection;
import io.heddle.internal.Inspection.GoroutineState;
import io.heddle.internal.Inspection.ObjectState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** What the page, the command and other programs ask for and do. */
final class Api {
  /** The page shows groups: of more goroutines, so many are looked at. */
  private static final int MOST_GOROUTINES = 2_000;

  private static final int MOST_OBJECTS = 500;
  private static final int MOST_CONTEXTS = 2_000;
  private static final int MOST_TIMERS = 200;
  private static final int MOST_EVENTS = 500;
  private static final int MOST_SECONDS = 300;

  /** One trace at a time. */
  private final ReentrantLock recording = new ReentrantLock();

  Answer answer(String method, String path, Map<String, String> parameters)
      throws InterruptedException, IOException {
    boolean acts = path.startsWith("/act/");
    if (!method.equals(acts ? "POST" : "GET")) {
      return Answer.text(405, path + " needs the method " + (acts ? "POST" : "GET"));
    }
    return switch (path) {
      case "/api/overview" -> Answer.json(timed(this::overview));
      case "/api/goroutines" ->
          Answer.json(timed(() -> goroutines(parameters.getOrDefault("query", ""))));
      case "/api/goroutine" -> goroutine(number(parameters, "key"));
      case "/api/waits" -> Answer.json(timed(this::waits));
      case "/api/contexts" -> Answer.json(timed(this::contexts));
      case "/api/timers" -> Answer.json(timed(this::timers));
      case "/api/pipelines" -> pipelines();
      case "/api/leaks" -> Answer.json(GoroutineProfile.ofLeaks().json());
      case "/debug/pprof/goroutine" ->
          profile(GoroutineProfile.take(), "goroutine", parameters.get("format"));
      case "/debug/pprof/leaks" ->
          profile(GoroutineProfile.ofLeaks(), "leaks", parameters.get("format"));
      case "/debug/pprof/block", "/debug/pprof/mutex" ->
          waitProfile(path.substring(path.lastIndexOf('/') + 1), parameters);
      case "/dump" -> Answer.text(200, Goroutines.dump());
      case "/dump.json" -> Answer.json(Goroutines.dumpJson());
      case "/act/cancel" -> cancel(number(parameters, "key"));
      case "/act/gc" -> {
        System.gc(); // which finds leaks
        yield Answer.text(200, "collected");
      }
      case "/act/trace" -> trace(parameters);
      default -> Answer.text(404, "nothing is called " + path);
    };
  }

  private interface Part {
    Map<String, @Nullable Object> get();
  }

  /** Adds what it took, from which the page sees how often it may ask. */
  private static String timed(Part part) {
    long start = System.nanoTime();
    Map<String, @Nullable Object> members = part.get();
    members.put("costMillis", (System.nanoTime() - start) / 1e6);
    members.put("millis", System.currentTimeMillis());
    return Json.of(members);
  }

  private Map<String, @Nullable Object> overview() {
    Inspection inspection = Inspection.get();
    Inspection.Goroutines goroutines = inspection.goroutines(0);
    Inspection.SchedulerState scheduler = inspection.scheduler();
    ProcessHandle self = ProcessHandle.current();
    return Json.object(
        "pid", self.pid(),
        "command", System.getProperty("sun.java.command", ""),
        "upMillis",
            self.info()
                .startInstant()
                .map(start -> System.currentTimeMillis() - start.toEpochMilli())
                .orElse(0L),
        "goroutines", goroutines.total(),
        "states", goroutines.states(),
        "leaks", Leaks.count(),
        "leaksSearched", Leaks.areSearched(),
        "scheduler", scheduler.summary(),
        "parallelism", scheduler.parallelism(),
        "queued", scheduler.queued(),
        "stuck", scheduler.stuck(),
        "steals", scheduler.steals(),
        "timers", scheduler.timers(),
        "nextTimerNanos", scheduler.nextTimerNanos(),
        "workers",
            scheduler.workers().stream()
                .map(one ->
                    Json.object(
                        "name", one.name(),
                        "state", one.state(),
                        "queued", one.queued(),
                        "tasks", one.tasks()))
                .toList());
  }

  private Map<String, @Nullable Object> goroutines(String query) {
    Inspection.Goroutines all = Inspection.get().goroutines(MOST_GOROUTINES);
    GoroutineProfile profile = GoroutineProfile.of(all);
    String wanted = query.toLowerCase(Locale.ROOT);
    List<Map<String, @Nullable Object>> groups =
        profile.groups().stream()
            .filter(group -> text(group).contains(wanted))
            .map(GoroutineProfile::json)
            .toList();
    return Json.object(
        "total", profile.total(), "isSampled", profile.isSampled(), "groups", groups);
  }

  private static String text(GoroutineProfile.Group group) {
    return (group.doing() + group.createdBy() + group.stack() + group.names() + group.labels())
        .toLowerCase(Locale.ROOT);
  }

  private Answer goroutine(long key) {
    GoroutineState state = Inspection.get().goroutine(key);
    if (state == null) {
      return Answer.text(410, "the goroutine has ended");
    }
    List<Map<String, @Nullable Object>> history = Trace.take(Long.MIN_VALUE).history(key);
    int size = history.size();
    return Answer.json(
        Json.of(
            Json.object(
                "key", String.valueOf(state.key()),
                "program", state.program(),
                "id", state.id(),
                "name", state.name(),
                "state", state.state(),
                "waitReason", state.waitReason(),
                "waitedNanos", state.waitedNanos() < 0 ? null : state.waitedNanos(),
                "waits", state.waits().stream().map(Inspection.Wait::object).toList(),
                "heldBy", state.heldBy(),
                "stack", state.stack(),
                "contextError", state.contextError(),
                "context", state.context(),
                "createdBy", state.createdBy(),
                "labels", state.labels(),
                "history", history.subList(Math.max(0, size - MOST_EVENTS), size))));
  }

  private Map<String, @Nullable Object> waits() {
    List<ObjectState> objects = Inspection.get().objects(MOST_OBJECTS);
    Set<Long> keys = new HashSet<>();
    for (ObjectState object : objects) {
      keys.addAll(object.waiting());
      keys.addAll(object.holders());
    }
    return Json.object(
        "objects", objects.stream().map(Api::json).toList(),
        "names", Inspection.get().names(keys),
        "cycles", new WaitGraph(objects).cycles().stream().map(Api::text).toList());
  }

  private static Map<String, @Nullable Object> json(ObjectState object) {
    return Json.object(
        "id", object.id(),
        "kind", object.kind(),
        "name", object.name(),
        "len", object.len(),
        "cap", object.cap(),
        "closed", object.closed(),
        "passed", object.passed(),
        "senders", object.senders(),
        "receivers", object.receivers(),
        "waiting", text(object.waiting()),
        "holders", text(object.holders()));
  }

  /** Keys as text: they are too large for numbers of JavaScript. */
  private static List<String> text(List<Long> keys) {
    return keys.stream().map(String::valueOf).toList();
  }

  private Map<String, @Nullable Object> contexts() {
    return Json.object(
        "contexts",
        Inspection.get().contexts(MOST_CONTEXTS).stream()
            .map(one ->
                Json.object(
                    "id", one.id(),
                    "parent", one.parent(),
                    "origin", one.origin(),
                    "madeAt", one.madeAt(),
                    "deadline", one.deadline(),
                    "end", one.end(),
                    "goroutines", one.goroutines()))
            .toList());
  }

  private Map<String, @Nullable Object> timers() {
    List<Inspection.TimerState> timers = Inspection.get().timers(MOST_TIMERS);
    Set<Long> keys = new HashSet<>();
    timers.forEach(one -> keys.add(one.waiter()));
    keys.remove(0L);
    return Json.object(
        "total",
        Inspection.get().scheduler().timers(),
        "timers",
        timers.stream()
            .map(one ->
                Json.object(
                    "nanos", one.nanos(),
                    "what", one.what(),
                    "waiter", one.waiter() == 0 ? null : String.valueOf(one.waiter())))
            .toList(),
        "names",
        Inspection.get().names(keys));
  }

  private static Answer pipelines() throws InterruptedException {
    long start = System.nanoTime();
    List<Map<String, @Nullable Object>> stages = StageSample.take();
    return Answer.json(
        Json.of(
            Json.object(
                "stages",
                stages,
                "costMillis",
                (System.nanoTime() - start) / 1e6,
                "millis",
                System.currentTimeMillis())));
  }

  private static Answer profile(GoroutineProfile profile, String name, @Nullable String format) {
    return switch (format == null ? "pprof" : format) {
      case "pprof" -> Answer.file(name + ".pb.gz", "application/octet-stream", profile.pprof());
      case "json" -> Answer.json(profile.json());
      case "text" -> Answer.text(200, profile.text());
      case "svg" -> {
        FlameGraph graph = new FlameGraph("Goroutines");
        profile.groups().forEach(group -> graph.add(group.stack(), (double) group.count()));
        yield new Answer(200, "image/svg+xml", graph.svg().getBytes(UTF_8), null);
      }
      default ->
          throw new IllegalArgumentException("format=" + format + ": use pprof, json, text or svg");
    };
  }

  private static Answer waitProfile(String name, Map<String, String> parameters)
      throws InterruptedException {
    String format = parameters.getOrDefault("format", "pprof");
    if (!format.equals("pprof") && !format.equals("svg")) {
      throw new IllegalArgumentException("format=" + format + ": use pprof or svg");
    }
    Duration duration = Duration.ofSeconds(seconds(parameters, "seconds"));
    WaitProfile profile =
        name.equals("mutex") ? WaitProfile.ofLocks(duration) : WaitProfile.ofWaits(duration);
    return format.equals("svg")
        ? new Answer(200, "image/svg+xml", profile.svg().getBytes(UTF_8), null)
        : Answer.file(name + ".pb.gz", "application/octet-stream", profile.pprof());
  }

  private static Answer cancel(long key) {
    return Inspection.get().cancel(key)
        ? Answer.text(200, "cancelled")
        : Answer.text(410, "the goroutine has ended");
  }

  /** Records for some seconds, or takes those that the flight recorder has. */
  private Answer trace(Map<String, String> parameters) throws InterruptedException, IOException {
    String format = parameters.getOrDefault("format", "chrome");
    if (!format.equals("chrome") && !format.equals("perfetto")) {
      throw new IllegalArgumentException("format=" + format + ": use chrome or perfetto");
    }
    Trace trace =
        parameters.containsKey("last")
            ? recorded(seconds(parameters, "last"))
            : record(seconds(parameters, "seconds"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (format.equals("perfetto")) {
      trace.write(new PerfettoFormat(out));
      return Answer.file("trace.pftrace", "application/octet-stream", out.toByteArray());
    }
    try (Writer writer = new OutputStreamWriter(out, UTF_8)) {
      trace.write(new ChromeFormat(writer));
    }
    return Answer.file("trace.json", "application/json", out.toByteArray());
  }

  private static Trace recorded(int seconds) {
    if (Inspection.get().trace().isEmpty()) {
      throw new IllegalStateException(
          "nothing is recorded: start java with -Dheddle.trace=on, or record from now on with"
              + " seconds=N");
    }
    return Trace.take(System.nanoTime() - Duration.ofSeconds(seconds).toNanos());
  }

  private Trace record(int seconds) throws InterruptedException {
    if (!recording.tryLock()) {
      throw new IllegalStateException(
          "a trace is being recorded already: try again when that is done");
    }
    Inspection inspection = Inspection.get();
    boolean isMine = inspection.beginTrace(Inspection.TRACE_BYTES);
    try {
      long from = System.nanoTime();
      Thread.sleep(Duration.ofSeconds(seconds));
      return Trace.take(from);
    } finally {
      if (isMine) {
        inspection.endTrace();
      }
      recording.unlock();
    }
  }

  private static int seconds(Map<String, String> parameters, String name) {
    long seconds = number(parameters, name);
    if (seconds < 1 || seconds > MOST_SECONDS) {
      throw new IllegalArgumentException(
          name + "=" + seconds + ": use a number from 1 to " + MOST_SECONDS);
    }
    return (int) seconds;
  }

  private static long number(Map<String, String> parameters, String name) {
    String given = parameters.get(name);
    if (given == null) {
      throw new IllegalArgumentException("the parameter " + name + " is missing");
    }
    try {
      return Long.parseLong(given);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + "=" + given + " is not a number", e);
    }
  }
}
