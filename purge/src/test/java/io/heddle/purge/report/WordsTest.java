package io.heddle.purge.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.Deletion;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Purge;
import io.heddle.purge.engine.Summary;
import io.heddle.purge.stores.MemoryStore;
import io.heddle.testing.Bubbled;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The texts for people. */
final class WordsTest {
  private static final Plan ONE_BY_ONE =
      Plan.DEFAULT.with(new Plan.Sizes(1, 1)).with(new Plan.Passes(1, false));

  private static Summary summary(long gone, long before) {
    return new Summary(
        Ending.COMPLETE,
        null,
        1000 - gone,
        gone,
        0,
        0,
        0,
        new TreeMap<>(),
        before,
        OptionalLong.of(0),
        Duration.ofSeconds(3));
  }

  @Test
  void theRateOfARunThatGoesOnWithAnotherIsItsOwn() {
    assertEquals(List.of("deleted 1,000 keys in 3.0 s, 333 keys/s"), Words.summary(summary(0, 0)));
    assertEquals(
        List.of(
            "deleted 990 keys in 3.0 s, 100 keys/s",
            "already gone: 10 keys",
            "of all these keys, done by earlier runs: 700"),
        Words.summary(summary(10, 700)));
  }

  @Test
  void whatEarlierRunsDidIsPartOfTheTotal(@TempDir Path folder) throws Exception {
    Plan plan = ONE_BY_ONE.with(new Plan.Files(null, folder.resolve("run.json"), true));
    try (MemoryStore store = new MemoryStore()) {
      store.addAll(IntStream.range(0, 10).mapToObj(i -> "key-" + i).toList());
      Progress first = new Progress();
      Plan some = plan.with(new Plan.Limits(-1, 1, 7, null, Duration.ofSeconds(20)));
      assertEquals(Ending.MAX_DELETE, purge(store, some, first).ending());
      assertTrue(Words.progress(first, 0, 10).startsWith("deleted 7 of 10, "));
      Progress second = new Progress();
      assertEquals(Ending.COMPLETE, purge(store, plan, second).ending());
      String counted = Words.progress(second, 0, 3);
      assertTrue(counted.startsWith("deleted 10 of 10, "), counted);
    }
  }

  private static Summary purge(Store store, Plan plan, Progress progress)
      throws InterruptedException {
    return Purge.run(Context.background(), store, plan, progress, Observer.NONE);
  }

  @Test
  void aKeyNeitherFillsTheTerminalNorSteersIt() {
    assertEquals("img/ä 𝄞.png", Words.line(Words.key("img/ä 𝄞.png")));
    assertEquals(
        "a\\u000ab\\u001b[2Jc\\u009bd\\u2028e", Words.line("a\nb\u001b[2Jc\u009bd\u2028e"));
    assertEquals("x".repeat(200) + "… (3,000 characters)", Words.key("x".repeat(3000)));
    String inTwo = "x".repeat(199) + "𝄞";
    assertEquals("x".repeat(199) + "… (201 characters)", Words.key(inTwo));
  }

  @Test
  void aStoreThatKnowsTheNumberOfItsKeysGivesATotal() throws Exception {
    try (MemoryStore store = new MemoryStore()) {
      store.addAll(List.of("a", "b", "c"));
      Progress progress = new Progress();
      assertEquals(Ending.COMPLETE, purge(store, ONE_BY_ONE, progress).ending());
      assertEquals(3, progress.total());
      assertTrue(Words.progress(progress, 0, 0).startsWith("deleted 3 of 3, "));
    }
  }

  @Test
  void aLongRunIsEstimatedBeforeItBegins() {
    assertEquals("", Words.estimate(1000, false, 0));
    assertEquals("", Words.estimate(59_000, false, 1000));
    assertEquals(
        "At about 1,000 keys/s, this takes 16:40 min.", Words.estimate(1_000_000, false, 1000));
    assertEquals(
        "At about 1,000 keys/s, this takes 116 days. Consider dropping the whole store, or giving"
            + " the keys a time to live, instead.",
        Words.estimate(10_000_000_000L, false, 1000));
    assertEquals(
        "At about 1,000 keys/s, each million keys takes 16:40 min.",
        Words.estimate(100_000, true, 1000));
  }

  @Test
  @Bubbled
  void aListingWithoutAnAnswerIsExplained() throws Exception {
    Progress progress = new Progress();
    // Each of the three is added by a goroutine of its own, and none of them waits for another.
    List<String> shown = Collections.synchronizedList(new ArrayList<>());
    try (CancelContext context = Context.background().withCancel()) {
      for (int seconds : List.of(1, 10, 45)) {
        Go.afterFunc(Duration.ofSeconds(seconds), () -> shown.add(Words.progress(progress, 0, 0)));
      }
      Go.afterFunc(Duration.ofSeconds(46), context::cancel);
      Purge.run(context, new Silent(), Plan.DEFAULT, progress, Observer.NONE);
    }
    assertEquals("deleted 0, 0/s, 0 in flight, 1.0 s", shown.getFirst());
    assertEquals(
        "deleted 0, 0/s, 0 in flight, 10.0 s, waiting for the listing, attempt 1 of 8, 10.0 s",
        shown.get(1));
    assertTrue(
        shown
            .get(2)
            .matches(
                "deleted 0, .*, waiting for the listing, attempt 2 of 8, 1[45]\\.\\d s: no answer"),
        shown.get(2));
  }

  private static final class Silent implements Store {
    @Override
    public String name() {
      return "silent";
    }

    @Override
    public Page list(String prefix, @Nullable String cursor, int limit)
        throws StoreException, InterruptedException {
      Go.sleep(Duration.ofSeconds(30));
      throw new StoreException(StoreException.Kind.TIMEOUT, "no answer in time", "no answer");
    }

    @Override
    public Deletion delete(List<String> keys) {
      throw new AssertionError("there are no keys");
    }

    @Override
    public void close() {}
  }
}
