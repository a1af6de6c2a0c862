package io.heddle;

import static io.heddle.Go.go;
import static io.heddle.Go.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@Tag("clock")
final class GoroutinesTest {
  @Test
  void aDumpShowsEveryGoroutineWithItsStateAndStack() throws InterruptedException {
    run(() -> {
      Goroutine<?> weaver = go("dumped weaver", () -> Chan.never().receive());
      TestSupport.awaitBlocked(weaver, "chan receive");
      int before = Goroutines.count();
      String dump = Goroutines.dump();
      String header = "goroutine " + weaver.id() + " \"dumped weaver\" [chan receive]:\n";
      assertTrue(dump.contains(header + "\tat io.heddle"), dump);
      assertTrue(dump.contains("goroutine 1 [running]:\n"), dump);
      assertTrue(dump.contains("io.heddle.GoroutinesTest."), dump);
      Goroutine<?> another = go("short-lived", () -> Chan.never().receive());
      TestSupport.awaitBlocked(another, "chan receive");
      assertTrue(before >= 2, "main and the weaver");
      another.cancel();
      another.join();
      assertFalse(Goroutines.dump().contains("\"short-lived\""));
    });
  }

  @Test
  void aDumpLeavesOutTheFramesOfInternals() throws InterruptedException {
    run(() -> {
      Chan<Boolean> end = Chan.unbuffered();
      Chan<Goroutine<?>> started = Chan.buffered(1);
      TaskGroup<Void> group = new TaskGroup<>();
      group.go(() -> {
        started.send(Goroutine.current());
        end.receive();
      });
      TestSupport.awaitBlocked(Objects.requireNonNull(started.receive()), "chan receive");
      String dump = Goroutines.dump();
      assertTrue(dump.contains("io.heddle.Chan.receive("), dump);
      for (String internal : List.of("GroupTask", "Routine", "Waiter", "scheduler")) {
        assertFalse(dump.contains("io.heddle." + internal + "."), dump);
      }
      end.close();
      group.await();
    });
  }

  @Test
  void aMarkedWaitIsStillClaimedWithdrawnAndCounted() throws InterruptedException {
    run(() -> {
      Chan<String> channel = Chan.unbuffered();
      for (int i = 0; i < 100; i++) {
        Goroutine<?> receiver = go(() -> assertEquals("after the mark", channel.receive()));
        TestSupport.awaitBlocked(receiver, "chan receive");
        String dump = Goroutines.dump(); // leaves a mark in the wait
        assertTrue(dump.contains("[chan receive]"), dump);
        channel.send("after the mark");
        receiver.join();
        Goroutine<?> cancelled = go(() -> channel.receive());
        TestSupport.awaitBlocked(cancelled, "chan receive");
        Goroutines.dump();
        cancelled.cancel();
        cancelled.join();
        assertTrue(cancelled.failure() instanceof InterruptedException);
      }
    });
  }

  @Test
  void aDumpIsThereAsJson() throws InterruptedException {
    String name = "\"\\\n\t\u0000\u007f\u20ac\ud83e\uddf5\ud800 end";
    run(() -> {
      Goroutine<?> odd = go(name, () -> Chan.never().receive());
      Goroutine<?> plain = go(() -> Thread.sleep(Duration.ofDays(1)));
      TestSupport.awaitBlocked(odd, "chan receive");
      TestSupport.awaitBlocked(plain.thread());
      Goroutines.dump(); // leaves the mark that tells for how long
      String json = Goroutines.dumpJson();
      assertTrue(json.chars().allMatch(c -> c == '\n' || (c >= ' ' && c <= '~')), json);

      Map<?, ?> main = find(json, 1, "running");
      Map<?, ?> waiting = find(json, odd.id(), "waiting");
      Map<?, ?> outside = find(json, plain.id(), "waiting outside Heddle");
      assertEquals(name, waiting.get("name"));
      assertEquals("chan receive", waiting.get("waitReason"));
      assertTrue(waiting.get("waitedNanos") instanceof Long nanos && nanos > 0, json);
      assertEquals(odd.createdBy(), waiting.get("createdBy"));
      assertTrue(((List<?>) waiting.get("stack")).getFirst().toString().contains("Chan."), json);
      assertTrue(((List<?>) main.get("stack")).toString().contains("GoroutinesTest."), json);
      assertEquals(main.get("program"), waiting.get("program"));
      for (String member : List.of("name", "waitReason", "waitedNanos")) {
        assertTrue(outside.containsKey(member), json);
        assertEquals(null, outside.get(member));
      }
    });
  }

  @Test
  void programsAreToldApart() throws InterruptedException {
    Goroutine<?> ambient = go("ambient", () -> Chan.never().receive());
    run(() -> {
      go("outer", () -> Chan.never().receive());
      run(() -> {
        go("inner", () -> Chan.never().receive());
        String json = Goroutines.dumpJson();
        assertEquals(0L, named(json, "ambient").get("program"));
        long inner = (long) named(json, "inner").get("program");
        assertTrue(inner > (long) named(json, "outer").get("program"), json);
      });
    });
    ambient.cancel();
    ambient.join();
  }

  private static Map<?, ?> named(String json, String name) {
    return only(json, one -> name.equals(one.get("name")));
  }

  /** The goroutine of this number that does this: other programs' have others to do. */
  private static Map<?, ?> find(String json, long id, String state) {
    return only(json, one -> one.get("id").equals(id) && one.get("state").equals(state));
  }

  private static Map<?, ?> only(String json, Predicate<Map<?, ?>> test) {
    List<?> all = (List<?>) Objects.requireNonNull(Json.read(json));
    List<? extends Map<?, ?>> found =
        all.stream().map(one -> (Map<?, ?>) one).filter(test).toList();
    assertEquals(1, found.size(), json);
    return found.getFirst();
  }
}
