package io.heddle.inspect;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.CancelContext;
import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Mutex;
import io.heddle.Receiver;
import io.heddle.Select;
import io.heddle.Task;
import io.heddle.flow.Pipeline;
import io.heddle.internal.Inspection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** In a JVM that is observed: see heddle.inspect in pom.xml. */
@Timeout(60)
@Tag("system")
final class InspectServerTest {
  private static final String TOKEN = "0123456789abcdef";

  private InspectServer server;
  private int port;

  @BeforeEach
  void start() throws IOException {
    server = InspectServer.start("127.0.0.1:0", TOKEN);
    port = URI.create(server.url()).getPort();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private record Reply(int status, String head, String body) {
    JsonObject json() {
      assertEquals(200, status, body);
      return JsonParser.parseString(body).getAsJsonObject();
    }
  }

  /** Sends what a browser would not send. */
  private Reply send(String method, String path, String... headers) throws IOException {
    try (Socket socket = new Socket(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port)) {
      StringBuilder request = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
      if (!String.join("", headers).contains("Host:")) {
        request.append("Host: 127.0.0.1:").append(port).append("\r\n");
      }
      for (String header : headers) {
        request.append(header).append("\r\n");
      }
      request.append("Connection: close\r\n\r\n");
      socket.getOutputStream().write(request.toString().getBytes(UTF_8));
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      socket.getInputStream().transferTo(all);
      String[] parts = all.toString(UTF_8).split("\r\n\r\n", 2);
      return new Reply(
          Integer.parseInt(parts[0].split(" ", -1)[1]), parts[0], parts.length < 2 ? "" : parts[1]);
    }
  }

  private Reply get(String path) throws IOException {
    return send("GET", path, "Authorization: Bearer " + TOKEN);
  }

  private Reply post(String path) throws IOException {
    return send("POST", path, "Authorization: Bearer " + TOKEN, "Content-Length: 0");
  }

  // Who may ask.

  @Test
  void thePageIsThereForEverybodyAndHasNoData() throws IOException {
    Reply page = send("GET", "/");
    assertEquals(200, page.status);
    assertTrue(page.body.contains("page.js") && !page.body.contains(TOKEN));
    assertTrue(page.head.toLowerCase(java.util.Locale.ROOT).contains("frame-ancestors 'none'"));
    assertEquals(200, send("GET", "/page.js").status);
    assertEquals(200, send("GET", "/page.css").status);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/overview",
        "/api/goroutines",
        "/api/waits",
        "/dump",
        "/debug/pprof/goroutine",
        "/none"
      })
  void withoutTheTokenNothingIsTold(String path) throws IOException {
    assertEquals(403, send("GET", path).status);
    assertEquals(403, send("GET", path + "?token=wrong").status);
    assertEquals(403, send("GET", path, "Authorization: Bearer wrong").status);
  }

  @Test
  void withoutTheTokenNothingIsDone() throws IOException {
    assertEquals(403, send("POST", "/act/cancel?key=1", "Content-Length: 0").status);
  }

  @ParameterizedTest
  @CsvSource({
    "Host: attacker.example",
    "Host: 127.0.0.1:1",
    "Origin: http://attacker.example",
    "Origin: null",
    "Sec-Fetch-Site: cross-site"
  })
  void otherHostsAndOriginsAreRefusedEvenWithTheToken(String header) throws IOException {
    String token = "Authorization: Bearer " + TOKEN;
    for (String path : List.of("/api/overview", "/dump")) {
      assertEquals(403, send("GET", path, token, header).status);
    }
    assertEquals(403, send("POST", "/act/trace?seconds=1", token, header).status);
  }

  @Test
  void noOtherOriginIsAllowedToReadByAHeader() throws IOException {
    Reply preflight =
        send(
            "OPTIONS",
            "/api/overview",
            "Origin: http://attacker.example",
            "Access-Control-Request-Method: GET",
            "Access-Control-Request-Headers: authorization");
    assertEquals(403, preflight.status);
    String head = get("/api/overview").head.toLowerCase(java.util.Locale.ROOT);
    assertFalse(head.contains("access-control-allow"), head);
    assertTrue(head.contains("cache-control: no-store"), head);
  }

  @Test
  void actionsNeedPost() throws IOException {
    assertEquals(405, get("/act/cancel?key=1").status);
    assertEquals(405, post("/api/overview").status);
  }

  // What is refused.

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.0.0.0:6060 | loopback address only",
        "192.168.1.7:6060 | ssh -L",
        "example.com:6060 | loopback address only",
        "6060 | no address with a port",
        "127.0.0.1:http | is not a port",
        "127.0.0.1:99999 | is not a port",
        "127.0.0.1: | is not a port"
      })
  void anAddressThatCannotBeUsedIsExplained(String address, String explanation) {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> InspectServer.start(address.strip(), null));
    assertTrue(e.getMessage().contains(explanation), e.getMessage());
    assertTrue(e.getMessage().contains("use 127.0.0.1:PORT"), e.getMessage());
  }

  @Test
  void aPortInUseIsExplained() {
    var e =
        assertThrows(
            IOException.class, () -> InspectServer.start("127.0.0.1:" + port, null).close());
    assertTrue(e.getMessage().contains("cannot listen on 127.0.0.1:" + port), e.getMessage());
    assertTrue(e.getMessage().contains("choose another port"), e.getMessage());
  }

  @Test
  void aShortTokenIsRefused() {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> InspectServer.start("127.0.0.1:0", "secret"));
    assertTrue(e.getMessage().contains("at least 16"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/goroutine | the parameter key is missing",
        "/api/goroutine?key=one | key=one is not a number",
        "/debug/pprof/block?seconds=0 | use a number from 1 to 300",
        "/debug/pprof/goroutine?format=gif | use pprof, json, text or svg"
      })
  void badParametersAreExplained(String path, String explanation) throws IOException {
    Reply reply = get(path.strip());
    assertEquals(400, reply.status);
    assertTrue(reply.body.contains(explanation), reply.body);
  }

  /** What identifies the goroutine with this name. */
  private String key(String name) throws IOException {
    JsonObject group = list(get("/api/goroutines?query=" + name).json(), "groups").getFirst();
    return group.getAsJsonArray("keys").get(0).getAsString();
  }

  @Test
  void aGoroutineThatHasEndedIsSaidToHave() throws IOException, InterruptedException {
    Chan<Integer> end = Chan.unbuffered();
    Goroutine<?> ended = go("ended", () -> end.receive());
    String key = "?key=" + key("ended");
    assertEquals(200, get("/api/goroutine" + key).status);
    end.close();
    ended.join();
    assertEquals(410, get("/api/goroutine" + key).status);
    assertEquals(410, post("/act/cancel" + key).status);
    assertEquals(404, get("/api/nothing").status);
  }

  // What is shown.

  /** Runs goroutines that wait, and examines them when all do. */
  private void whileTheyWait(List<Task> tasks, Task examine) throws InterruptedException {
    run(() -> {
      try (CancelContext context = Context.background().withCancel()) {
        List<Goroutine<?>> all = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
          all.add(go(context, "task " + i, tasks.get(i)));
        }
        for (Goroutine<?> one : all) {
          while (!String.valueOf(one).contains("[") || String.valueOf(one).contains("running")) {
            Go.gosched(); // until it waits
          }
        }
        examine.run();
        context.cancel();
        for (Goroutine<?> one : all) {
          one.join();
        }
      }
    });
  }

  private static List<JsonObject> list(JsonObject json, String name) {
    List<JsonObject> all = new ArrayList<>();
    for (JsonElement one : json.getAsJsonArray(name)) {
      all.add(one.getAsJsonObject());
    }
    return all;
  }

  @Test
  void namedChannelsAreShownWithThoseWhoWait() throws InterruptedException {
    Chan<Integer> full = Chan.<Integer>buffered(2).named("full");
    Chan<Integer> empty = Chan.<Integer>unbuffered().named("empty");
    full.trySend(1);
    full.trySend(2);
    whileTheyWait(
        List.of(
            () -> full.send(3),
            () -> empty.receive(),
            () -> Select.of(empty.onReceive(), full.onSend(4)).await()),
        () -> {
          List<JsonObject> objects = list(get("/api/waits").json(), "objects");
          JsonObject one = named(objects, "full");
          assertEquals(2, one.get("len").getAsInt());
          assertEquals(2, one.get("cap").getAsInt());
          assertEquals(2, one.get("senders").getAsInt());
          assertEquals(0, one.get("receivers").getAsInt());
          assertEquals(2, one.get("passed").getAsInt());
          assertEquals(2, named(objects, "empty").get("receivers").getAsInt());
        });
  }

  private static JsonObject named(List<JsonObject> objects, String name) {
    return objects.stream()
        .filter(one -> one.get("name").toString().equals('"' + name + '"'))
        .findFirst()
        .orElseThrow(() -> new AssertionError(objects.toString()));
  }

  @Test
  void goroutinesThatWaitForEachOthersLocksAreACycle() throws InterruptedException {
    Mutex first = new Mutex();
    Mutex second = new Mutex();
    Chan<Boolean> locked = Chan.buffered(2);
    Chan<Boolean> both = Chan.unbuffered();
    whileTheyWait(
        List.of(
            () -> {
              first.lock();
              locked.send(true);
              both.receive();
              second.lock();
            },
            () -> {
              second.lock();
              locked.send(true);
              both.receive();
              first.lock();
            }),
        () -> {
          locked.receive();
          locked.receive();
          both.close();
          JsonObject waits = get("/api/waits").json();
          while (waits.getAsJsonArray("cycles").isEmpty()) {
            Go.gosched(); // until both wait
            waits = get("/api/waits").json();
          }
          assertEquals(2, waits.getAsJsonArray("cycles").get(0).getAsJsonArray().size());
          assertTrue(waits.get("names").toString().contains("task 1"), waits.toString());
        });
  }

  @Test
  void contextsAreATreeWithDeadlinesAndWhoEndedThem() throws InterruptedException {
    run(() -> {
      try (CancelContext outer = Context.background().withCancel();
          CancelContext inner = outer.withTimeout(Duration.ofHours(1))) {
        Chan<Boolean> end = Chan.unbuffered();
        Goroutine<?> one =
            go(
                inner.withoutInterrupts(),
                "under",
                () -> {
                  end.receive();
                });
        String before = get("/api/contexts").json().toString();
        assertTrue(before.contains("withTimeout(") && before.contains("withCancel"), before);
        assertTrue(before.contains("\"madeAt\":\"io.heddle.inspect.InspectServerTest"), before);
        outer.cancel();
        String after = get("/api/contexts").json().toString();
        assertTrue(after.contains("context cancelled by goroutine 1"), after);
        end.close();
        one.join();
      }
    });
  }

  @Test
  void theSlowStageOfAPipelineIsItsBottleneck() throws Exception {
    Chan<Boolean> examined = Chan.unbuffered();
    run(() ->
        Pipeline.run(
            Context.background(),
            pipeline -> {
              Receiver<Integer> numbers =
                  pipeline.generate(out -> {
                    for (int i = 0; ; i++) {
                      out.send(i);
                    }
                  });
              Receiver<Integer> slow =
                  pipeline.map(
                      pipeline.map(numbers, 3, i -> i + 1),
                      2,
                      i -> {
                        Go.sleep(Duration.ofMillis(30));
                        return i;
                      });
              pipeline.go(() -> {
                for (int looks = 0; ; looks++) {
                  List<JsonObject> stages = list(get("/api/pipelines").json(), "stages");
                  List<JsonObject> found =
                      stages.stream()
                          .filter(stage -> stage.get("isBottleneck").getAsBoolean())
                          .toList();
                  if (found.size() == 1 && found.getFirst().get("goroutines").getAsInt() == 2) {
                    assertTrue(
                        found.getFirst().get("place").getAsString().startsWith("InspectServerTest"),
                        stages.toString());
                    break;
                  }
                  assertTrue(looks < 50, stages.toString());
                }
                examined.close();
              });
              while (examined.tryReceive() == null && !examined.isDrained()) {
                slow.receive();
              }
            }));
  }

  @Test
  void oneGoroutineCanBeLookedAtAndCancelled() throws InterruptedException {
    Chan<Integer> never = Chan.unbuffered();
    run(() -> {
      Goroutine<?> stuck = go("stuck", () -> never.receive());
      String key = "?key=" + key("stuck");
      JsonObject state = get("/api/goroutine" + key).json();
      while (!state.get("state").getAsString().equals("waiting")) {
        Go.gosched();
        state = get("/api/goroutine" + key).json();
      }
      assertEquals("stuck", state.get("name").getAsString());
      assertEquals("chan receive", state.get("waitReason").getAsString());
      assertTrue(state.get("stack").toString().contains("InspectServerTest"), state.toString());
      assertEquals(200, post("/act/cancel" + key).status);
      stuck.join();
    });
  }

  @Test
  void searchFindsNamesStatesAndFrames() throws InterruptedException {
    Chan<Integer> never = Chan.unbuffered();
    whileTheyWait(
        List.of(() -> never.receive()),
        () -> {
          assertEquals(1, list(get("/api/goroutines?query=TASK%200").json(), "groups").size());
          assertEquals(0, list(get("/api/goroutines?query=no-such-frame").json(), "groups").size());
        });
  }

  @Test
  void nothingThatWasShownIsKeptAlive() throws Exception {
    WeakReference<Object> channel = new WeakReference<>(Chan.unbuffered().named("forgotten"));
    assertTrue(get("/api/waits").body.contains("\"forgotten\"") || channel.refersTo(null));
    Goroutine<?>[] ended = {go(() -> {})};
    ended[0].join();
    assertEquals(200, get("/api/goroutines").status);
    WeakReference<Object> goroutine = new WeakReference<>(ended[0]);
    ended[0] = null;
    while (!channel.refersTo(null) || !goroutine.refersTo(null)) {
      System.gc();
    }
    assertFalse(get("/api/waits").body.contains("\"forgotten\""));
  }

  @Test
  void aTraceHasTheLastSecondsOnlyIfTheyWereRecorded() throws Exception {
    Reply none = post("/act/trace?last=5");
    assertEquals(409, none.status);
    assertTrue(none.body.contains("start java with -Dheddle.trace=on"), none.body);
    assertTrue(Inspection.get().beginTrace(1 << 16));
    try {
      Chan<Integer> end = Chan.unbuffered();
      Goroutine<?> recorded = go("recorded", () -> end.receive());
      String key = key("recorded");
      while (!get("/api/goroutine?key=" + key).body.contains("waits: chan receive")) {
        Thread.onSpinWait();
      }
      end.close();
      recorded.join();
      assertTrue(post("/act/trace?last=300").json().toString().contains("running"));
      Reply own = post("/act/trace?last=300&format=perfetto");
      assertTrue(own.head.contains("trace.pftrace"), own.head);
      assertEquals(400, post("/act/trace?last=5&format=pdf").status);
      assertEquals(400, post("/act/trace?last=4294967297").status, "no overflow");
    } finally {
      Inspection.get().endTrace();
    }
  }

  @Test
  void theMutexProfileShowsWhoHeldALock() throws Exception {
    Mutex mutex = new Mutex();
    AtomicBoolean over = new AtomicBoolean();
    run(() -> {
      Goroutine<?> one = go(() -> hold(mutex, over));
      Goroutine<?> other = go(() -> hold(mutex, over));
      Reply graph = get("/debug/pprof/mutex?seconds=1&format=svg");
      over.set(true);
      one.join();
      other.join();
      assertEquals(200, graph.status, graph.body);
      assertTrue(graph.head.contains("image/svg+xml"), graph.head);
      assertTrue(graph.body.contains("InspectServerTest.hold: "), graph.body);
    });
  }

  private static void hold(Mutex mutex, AtomicBoolean over) throws InterruptedException {
    while (!over.get()) {
      mutex.lock();
      Go.sleep(Duration.ofMillis(5));
      mutex.unlock();
    }
  }

  @Test
  void timersAreListedWithWhoWaits() throws InterruptedException {
    whileTheyWait(
        List.of(() -> Go.sleep(Duration.ofHours(3))),
        () -> {
          try (CancelContext context = Context.background().withTimeout(Duration.ofHours(2))) {
            JsonObject answer = get("/api/timers").json();
            List<JsonObject> timers = list(answer, "timers");
            JsonObject timeout =
                timers.stream().filter(one -> says(one, "timeout of 2h")).findFirst().orElseThrow();
            assertTrue(timeout.get("waiter").isJsonNull() && !context.isDone(), timers.toString());
            String waiter =
                timers.stream()
                    .filter(one ->
                        says(one, "end of a wait")
                            && one.get("nanos").getAsLong() > 7_200_000_000_000L)
                    .map(one -> one.get("waiter").getAsString())
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(timers.toString()));
            assertEquals("task 0", answer.getAsJsonObject("names").get(waiter).getAsString());
          }
        });
  }

  private static boolean says(JsonObject timer, String what) {
    return timer.get("what").getAsString().startsWith(what);
  }

  @Test
  void theOverviewHasStatesAndTheScheduler() throws IOException {
    JsonObject overview = get("/api/overview").json();
    for (String member :
        List.of("pid", "goroutines", "states", "leaks", "parallelism", "timers", "workers")) {
      assertTrue(overview.has(member), member);
    }
    assertEquals(ProcessHandle.current().pid(), overview.get("pid").getAsLong());
  }

  @Test
  void dumpsAndProfilesCanBeDownloaded() throws IOException {
    assertEquals(200, get("/dump").status);
    assertTrue(JsonParser.parseString(get("/dump.json").body).isJsonArray());
    assertTrue(get("/debug/pprof/goroutine").head.contains("goroutine.pb.gz"));
    assertTrue(get("/debug/pprof/goroutine?format=svg").body.startsWith("<svg"));
    assertTrue(get("/debug/pprof/leaks?format=text").body.startsWith("goroutine profile: total"));
    assertEquals(
        Map.of("a", "b c", "d", ""), InspectServer.parameters("a=b+c&d=&e"), "of an address");
  }
}
