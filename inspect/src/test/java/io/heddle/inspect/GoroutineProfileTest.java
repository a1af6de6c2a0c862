package io.heddle.inspect;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.Chan;
import io.heddle.Goroutine;
import io.heddle.Leak;
import io.heddle.inspect.GoroutineProfile.Group;
import io.heddle.inspect.GoroutineProfile.Labelled;
import io.heddle.internal.Inspection;
import io.heddle.internal.Inspection.GoroutineState;
import io.heddle.testing.Bubble;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class GoroutineProfileTest {
  /** Takes the profile of a hundred goroutines that wait to receive and three that wait to send. */
  private static void look(Consumer<GoroutineProfile> examine) throws Exception {
    Bubble.run(() -> {
      Chan<Integer> empty = Chan.unbuffered();
      Chan<Integer> full = Chan.unbuffered();
      List<Goroutine<?>> all = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        all.add(go(() -> consume(empty)));
      }
      for (int i = 0; i < 3; i++) {
        all.add(go("producer", () -> full.send(1)));
      }
      Bubble.settle();
      examine.accept(GoroutineProfile.take());
      empty.close();
      for (int i = 0; i < 3; i++) {
        full.receive();
      }
      for (Goroutine<?> one : all) {
        one.join();
      }
    });
  }

  private static void consume(Chan<Integer> values) throws InterruptedException {
    values.receive();
  }

  private static Group group(GoroutineProfile profile, String reason) {
    return profile.groups().stream()
        .filter(group -> reason.equals(group.waitReason()))
        .filter(group -> group.createdBy().contains("GoroutineProfileTest"))
        .findFirst()
        .orElseThrow(() -> new AssertionError(profile.text()));
  }

  @Test
  void goroutinesThatAreAlikeAreOneGroup() throws Exception {
    look(profile -> {
      Group receivers = group(profile, "chan receive");
      assertEquals(100, receivers.count());
      assertEquals("waiting", receivers.state());
      assertTrue(receivers.longestNanos() >= 0);
      assertTrue(
          receivers.stack().stream().anyMatch(frame -> frame.getMethodName().equals("consume")));
      Group senders = group(profile, "chan send");
      assertEquals(3, senders.count());
      assertEquals(List.of("producer"), senders.names());
      assertEquals(3, senders.keys().size());
      assertTrue(profile.total() >= 103 && !profile.isSampled());
      assertEquals(profile.total(), profile.groups().stream().mapToLong(Group::count).sum());
    });
  }

  @Test
  void theTextHasCountsReasonsStacksAndCreators() throws Exception {
    look(profile -> {
      String text = profile.text();
      assertTrue(text.contains("\n100 @ [chan receive]"), text);
      assertTrue(text.contains("\n3 @ [chan send] producer\n"), text);
      assertTrue(text.contains("GoroutineProfileTest.consume"), text);
      assertTrue(text.contains("created by " + group(profile, "chan send").createdBy()), text);
    });
  }

  @Test
  void theJsonHasTheSame() throws Exception {
    look(profile -> {
      JsonObject json = JsonParser.parseString(profile.json()).getAsJsonObject();
      assertEquals(profile.total(), json.get("total").getAsLong());
      JsonObject first = json.getAsJsonArray("groups").get(0).getAsJsonObject();
      assertEquals(100, first.get("count").getAsLong());
      assertEquals("chan receive", first.get("waitReason").getAsString());
      assertEquals(10, first.getAsJsonArray("keys").size());
    });
  }

  @Test
  void leaksWithoutAStackAreCountedWithTheirLikes() {
    List<StackTraceElement> send = List.of(new StackTraceElement("Answers", "send", null, 1));
    List<StackTraceElement> other = List.of(new StackTraceElement("Answers", "other", null, 2));
    Leak unknown = new Leak(24, null, "chan send", List.of(), "Answers.first");
    Leak known = new Leak(1, "mirror", "chan send", send, "Answers.first");
    Leak elsewhere = new Leak(5, null, "chan send", List.of(), "Answers.last");
    assertEquals(
        List.of(new Leak(25, "mirror", "chan send", send, "Answers.first"), elsewhere),
        GoroutineProfile.withStacks(List.of(unknown, known, elsewhere)));
    List<Leak> ambiguous =
        List.of(unknown, known, new Leak(2, null, "chan send", other, "Answers.first"));
    assertEquals(ambiguous, GoroutineProfile.withStacks(ambiguous));
  }

  @Test
  void labelsAreInheritedAndCounted() throws Exception {
    Bubble.run(() -> {
      Chan<Integer> empty = Chan.unbuffered();
      List<Goroutine<?>> all = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        try (var _ = Labels.set("tenant", i < 3 ? "acme" : "other")) {
          if (i == 0) {
            try (var _ = Labels.set("kind", "import")) {
              all.add(go(() -> go(() -> consume(empty)).join())); // its child, too
            }
          } else {
            all.add(go(() -> consume(empty)));
          }
        }
      }
      all.add(go(() -> consume(empty)));
      Bubble.settle();
      GoroutineProfile profile = GoroutineProfile.take();
      Map<Map<String, String>, Long> receiving = new HashMap<>();
      for (Group group : profile.groups()) {
        if ("chan receive".equals(group.waitReason())
            && group.stack().toString().contains("consume")) {
          assertEquals(group.count(), group.labels().stream().mapToLong(Labelled::count).sum());
          group.labels().forEach(one -> receiving.merge(one.labels(), one.count(), Long::sum));
        }
      }
      assertEquals(
          Map.of(
              Map.of("tenant", "acme", "kind", "import"), 1L,
              Map.of("tenant", "acme"), 2L,
              Map.of("tenant", "other"), 2L,
              Map.of(), 1L),
          receiving);
      String text = profile.text();
      assertTrue(text.contains("# labels: {\"kind\":\"import\",\"tenant\":\"acme\"}\n"), text);
      assertTrue(text.contains("# labels: {\"tenant\":\"other\"} of 2\n"), text);
      assertTrue(profile.json().contains("{\"labels\":{\"tenant\":\"other\"},\"count\":2}"));
      empty.close();
      for (Goroutine<?> one : all) {
        one.join();
      }
    });
  }

  @Test
  void aLabelEndsWithItsBlock() throws Exception {
    Bubble.run(() -> {
      Inspection inspection = Inspection.get();
      try (var _ = Labels.set("tenant", "acme")) {
        assertEquals(Map.of("tenant", "acme"), inspection.labels());
        try (var _ = Labels.set("tenant", "other")) {
          assertEquals(Map.of("tenant", "other"), inspection.labels());
        }
        assertEquals(Map.of("tenant", "acme"), inspection.labels());
      }
      assertEquals(Map.of(), inspection.labels());
    });
    try (var _ = Labels.set("tenant", "acme")) {
      assertEquals(Map.of(), Inspection.get().labels(), "a thread has none");
    }
  }

  @Test
  void theCountOfASampledGroupIsSharedOutToItsLabels() {
    List<GoroutineState> some = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      some.add(
          new GoroutineState(
              i,
              0,
              i,
              null,
              "running",
              null,
              -1,
              List.of(),
              null,
              List.of(),
              null,
              0,
              "here",
              Map.of("n", String.valueOf(i % 3))));
    }
    GoroutineProfile profile =
        GoroutineProfile.of(new Inspection.Goroutines(1_000_003, Map.of(), some));
    Group group = profile.groups().getFirst();
    assertEquals(1_000_003, group.count());
    assertEquals(1_000_003, group.labels().stream().mapToLong(Labelled::count).sum());
    assertEquals(3, group.labels().size());
  }

  @Test
  void ofManyGoroutinesSomeAreLookedAtAndCountsExtrapolated() throws Exception {
    look(profile -> {
      GoroutineProfile sample = GoroutineProfile.of(Inspection.get().goroutines(52));
      assertTrue(sample.isSampled());
      assertEquals(profile.total(), sample.total());
      long receivers = group(sample, "chan receive").count();
      assertTrue(receivers > 80 && receivers < 120, sample.text());
    });
  }
}
