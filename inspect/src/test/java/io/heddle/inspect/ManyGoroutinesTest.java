package io.heddle.inspect;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.Chan;
import io.heddle.WaitGroup;
import io.heddle.inspect.InspectServer.Answer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What the page asks for, of many goroutines: the answers are samples and sums, whose size does not
 * depend on the number of goroutines. {@code mvn test -pl inspect -am -Pscale
 * -Dtest=ManyGoroutinesTest} asks a million, and prints what each answer takes.
 */
@Timeout(600)
@Tag("system")
@Tag("slow")
final class ManyGoroutinesTest {
  private static final int GOROUTINES = Integer.getInteger("inspect.scale.goroutines", 3_000);
  private static final int MOST_BYTES = 1 << 20;

  private static void receive(Chan<Integer> values) throws InterruptedException {
    values.receive();
  }

  private static JsonObject answer(Api api, String path) throws Exception {
    long start = System.nanoTime();
    Answer answer = api.answer("GET", path, Map.of());
    if (GOROUTINES > 100_000) {
      System.out.printf(
          "%s: %d ms, %d bytes%n",
          path, (System.nanoTime() - start) / 1_000_000, answer.body().length);
    }
    assertEquals(200, answer.status());
    assertTrue(answer.body().length < MOST_BYTES, path + ": " + answer.body().length);
    JsonElement json = JsonParser.parseString(new String(answer.body(), StandardCharsets.UTF_8));
    return json.getAsJsonObject();
  }

  @Test
  void answersStaySmall() throws Exception {
    run(() -> {
      Chan<Integer> never = Chan.unbuffered();
      WaitGroup begun = new WaitGroup();
      begun.add(GOROUTINES);
      for (int i = 0; i < GOROUTINES; i++) {
        go(() -> {
          begun.done();
          receive(never);
        });
      }
      begun.await();
      Thread asker =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  ask(new Api());
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      Throwable[] failure = new Throwable[1];
      asker.setUncaughtExceptionHandler((_, e) -> failure[0] = e);
      asker.join();
      never.close();
      if (failure[0] != null) {
        throw new AssertionError(failure[0]);
      }
    });
  }

  private static void ask(Api api) throws Exception {
    for (int round = 0; round < (GOROUTINES > 100_000 ? 5 : 1); round++) {
      JsonObject overview = answer(api, "/api/overview");
      assertTrue(overview.get("goroutines").getAsLong() >= GOROUTINES);
      JsonObject goroutines = answer(api, "/api/goroutines");
      assertTrue(goroutines.get("isSampled").getAsBoolean());
      assertTrue(goroutines.get("total").getAsLong() >= GOROUTINES);
      long counted = 0;
      for (JsonElement group : goroutines.getAsJsonArray("groups")) {
        counted += group.getAsJsonObject().get("count").getAsLong();
      }
      assertEquals((double) GOROUTINES, (double) counted, GOROUTINES / 100.0);
      assertTrue(goroutines.getAsJsonArray("groups").size() < 100);
      JsonObject waits = answer(api, "/api/waits");
      long waiting = 0;
      for (JsonElement object : waits.getAsJsonArray("objects")) {
        waiting += object.getAsJsonObject().get("receivers").getAsLong();
        assertTrue(object.getAsJsonObject().getAsJsonArray("waiting").size() <= 20);
      }
      assertTrue(waiting > GOROUTINES / 2, "waiting: " + waiting);
      answer(api, "/api/contexts");
      answer(api, "/api/pipelines");
      GoroutineProfile profile = GoroutineProfile.take();
      assertTrue(profile.pprof().length < MOST_BYTES);
    }
    if (GOROUTINES > 100_000) {
      long start = System.nanoTime();
      Statistics.take();
      System.out.printf("Statistics: %d ms%n", (System.nanoTime() - start) / 1_000_000);
    }
  }
}
