package io.heddle.purge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.Deletion;
import io.heddle.purge.Details;
import io.heddle.purge.Page;
import io.heddle.purge.Property;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.purge.stores.MemoryStore;
import io.heddle.testing.Bubbled;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Selecting keys by what the store records about them, in virtual time. */
final class FilterTest {
  private static final int KEYS = 100;
  private static final int PAGE = 10;
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Instant NOW = Instant.EPOCH;
  private static final Plan PLAN =
      Plan.DEFAULT
          .with(Plan.Pace.of(4))
          .with(new Plan.Sizes(PAGE, 1))
          .with(new Plan.Passes(1, false));

  /** A key's number is its size; each request takes a second. */
  private static class Slow implements Store {
    final MemoryStore keys = new MemoryStore();
    final AtomicInteger inspected = new AtomicInteger();
    final Set<Property> asked = new TreeSet<>();
    @Nullable StoreException failure;

    Slow() {
      keys.addAll(IntStream.range(0, KEYS).mapToObj(i -> "" + (1000 + i)).toList());
    }

    @Override
    public String name() {
      return "slow";
    }

    @Override
    public Set<Property> properties() {
      return Set.of(Property.SIZE, Property.MODIFIED);
    }

    @Override
    public int detailsLimit() {
      return PAGE;
    }

    @Override
    public Page list(String prefix, @Nullable String cursor, int limit)
        throws InterruptedException {
      Go.sleep(SECOND);
      return keys.list(prefix, cursor, limit);
    }

    @Override
    public List<@Nullable Details> details(List<String> some, Set<Property> wanted)
        throws StoreException, InterruptedException {
      assertTrue(some.size() <= PAGE);
      Go.sleep(SECOND);
      StoreException now = failure;
      if (now != null) {
        throw now;
      }
      synchronized (asked) {
        asked.addAll(wanted);
      }
      inspected.addAndGet(some.size());
      List<@Nullable Details> details = new ArrayList<>();
      for (String key : some) {
        long size = Long.parseLong(key) - 1000;
        details.add(size == 99 ? null : Details.of(null, size)); // the last one is gone
      }
      return details;
    }

    @Override
    public Deletion delete(List<String> batch) {
      return keys.delete(batch);
    }

    @Override
    public void close() {}
  }

  private static Filter largerThan(long size) {
    return new Filter(null, false, null, null, null, size);
  }

  @Test
  @Bubbled
  void onlyKeysThatPassAreDeleted() throws Exception {
    Slow store = new Slow();
    Summary summary =
        Purge.run(
            Context.background(),
            store,
            PLAN.with(Selection.ALL.with(largerThan(89))),
            new Progress(),
            Observer.NONE);
    assertEquals(9, summary.deleted(), "of 90 to 98; 99 is gone");
    assertEquals(91, summary.skipped());
    assertEquals(91, store.keys.keys().size());
    assertEquals(Set.of(Property.SIZE), store.asked);
  }

  /** Ten pages: eleven seconds, if a page is listed while the one before is inspected. */
  @Test
  @Bubbled
  void aPageIsInspectedWhileTheNextIsListed() throws Exception {
    Summary summary =
        Purge.run(
            Context.background(),
            new Slow(),
            PLAN.with(Selection.ALL.with(largerThan(1_000_000))),
            new Progress(),
            Observer.NONE);
    assertEquals(SECOND.multipliedBy(KEYS / PAGE + 1), summary.elapsed());
  }

  @Test
  @Bubbled
  void aFailedInspectionStopsTheRun() throws Exception {
    Slow store = new Slow();
    store.failure = new StoreException(Kind.INVALID, "no", "no such property");
    Summary summary =
        Purge.run(
            Context.background(),
            store,
            PLAN.with(Selection.ALL.with(largerThan(5))),
            new Progress(),
            Observer.NONE);
    assertEquals(Ending.FATAL, summary.ending());
    assertEquals("reading the properties of keys failed: no such property", summary.reason());
    assertEquals(KEYS, store.keys.keys().size());
  }

  @Test
  @Bubbled
  void aLimitOfKeysEndsTheStages() throws Exception {
    Slow store = new Slow();
    Summary summary =
        Purge.run(
            Context.background(),
            store,
            PLAN.with(Selection.ALL.with(largerThan(-1)))
                .with(new Plan.Limits(-1, 1, 15, null, SECOND)),
            new Progress(),
            Observer.NONE);
    assertEquals(Ending.MAX_DELETE, summary.ending());
    assertEquals(15, summary.deleted());
    assertTrue(store.inspected.get() <= 4 * PAGE, store.inspected::toString);
  }

  @Test
  @Bubbled
  void aDryRunReportsTheDetails() throws Exception {
    List<String> seen = new ArrayList<>();
    Observer observer =
        new Observer() {
          @Override
          public void wouldDelete(String key, Details details) {
            seen.add(key + "=" + details.size());
          }

          @Override
          public Set<Property> wanted() {
            return Set.of(Property.SIZE);
          }
        };
    Summary summary =
        Purge.count(
            Context.background(),
            new Slow(),
            PLAN.with(Selection.ofPrefixes("1097", "1095", "1099")),
            new Progress(),
            observer,
            Long.MAX_VALUE);
    assertEquals(List.of("1095=95", "1097=97"), seen);
    assertEquals(2, summary.left().getAsLong());
  }

  @Test
  @Bubbled
  void aConditionAboutAnUnknownPropertyIsNoMatch() {
    Details none = Details.NONE;
    Duration day = Duration.ofDays(1);
    assertTrue(Filter.NONE.test(none, NOW, NOW));
    assertFalse(new Filter("hash", false, null, null, null, null).test(none, NOW, NOW));
    assertFalse(new Filter(null, true, null, null, null, null).test(none, NOW, NOW));
    assertFalse(new Filter(null, false, day, null, null, null).test(none, NOW, NOW));
    assertFalse(new Filter(null, false, null, day, null, null).test(none, NOW, NOW));
    assertFalse(new Filter(null, false, null, null, day, null).test(none, NOW, NOW));
    assertFalse(largerThan(0).test(none, NOW, NOW));
  }

  @Test
  @Bubbled
  void eachConditionIsAboutItsProperty() {
    Duration day = Duration.ofDays(1);
    Instant yesterday = Go.now().minus(day).minusMillis(1);
    Details key = new Details("hash", Details.NEVER, day.plusMillis(1), yesterday, 7L);
    assertTrue(new Filter("hash", true, day, day, day, 6L).test(key, Go.now(), Go.now()));
    assertFalse(new Filter("list", false, null, null, null, null).test(key, Go.now(), Go.now()));
    Filter noTtl = new Filter(null, true, null, null, null, null);
    assertFalse(noTtl.test(new Details(null, day, null, null, null), NOW, NOW));
    assertFalse(
        new Filter(null, false, null, day.plusMillis(1), null, null).test(key, Go.now(), Go.now()));
    assertFalse(
        new Filter(null, false, null, null, day.plusMillis(1), null).test(key, Go.now(), Go.now()));
    assertFalse(largerThan(7).test(key, Go.now(), Go.now()));
    Filter ttlOver = new Filter(null, false, day, null, null, null);
    assertFalse(ttlOver.test(new Details(null, day, null, null, null), NOW, NOW));
    assertTrue(ttlOver.test(new Details(null, day.plusMillis(1), null, null, null), NOW, NOW));
  }

  /** A key is read an hour after the run began: it was idle for the first half of its idle time. */
  @Test
  void agesAreThoseOfTheBeginningOfTheRun() {
    Duration hour = Duration.ofHours(1);
    Instant read = NOW.plus(hour);
    Filter idleOver = new Filter(null, false, null, hour, null, null);
    assertFalse(
        idleOver.test(new Details(null, null, hour.multipliedBy(2), null, null), NOW, read));
    Duration longer = hour.multipliedBy(2).plusMillis(1);
    assertTrue(idleOver.test(new Details(null, null, longer, null, null), NOW, read));
    Filter ttlOver = new Filter(null, false, hour, null, null, null);
    assertTrue(ttlOver.test(new Details(null, Duration.ofMillis(1), null, null, null), NOW, read));
    assertFalse(ttlOver.test(new Details(null, Duration.ZERO, null, null, null), NOW, read));
    assertTrue(ttlOver.test(new Details(null, Details.NEVER, null, null, null), NOW, read));
    Filter olderThan = new Filter(null, false, null, null, hour, null);
    assertFalse(olderThan.test(Details.of(NOW.minus(hour), null), NOW, read));
    assertTrue(olderThan.test(Details.of(NOW.minus(hour).minusMillis(1), null), NOW, read));
  }

  /** Because the clock was set back meanwhile, or another machine began the run. */
  @Test
  void aClockThatIsBehindMakesNoKeyOlder() {
    Duration hour = Duration.ofHours(1);
    Filter idleOver = new Filter(null, false, null, hour, null, null);
    Details young = new Details(null, null, SECOND, null, null);
    assertFalse(idleOver.test(young, NOW, NOW.minus(hour.multipliedBy(2))));
    Filter ttlOver = new Filter(null, false, hour, null, null, null);
    Details lasting = new Details(null, hour.plusMillis(1), null, null, null);
    assertTrue(ttlOver.test(lasting, NOW, NOW.minus(hour.multipliedBy(2))));
  }

  /** Each key is a second younger than the one before. */
  private static final class Aging extends Slow {
    final Instant start = Go.now();

    @Override
    public Set<Property> properties() {
      return Set.of(Property.MODIFIED);
    }

    @Override
    public List<@Nullable Details> details(List<String> some, Set<Property> wanted) {
      List<@Nullable Details> details = new ArrayList<>();
      for (String key : some) {
        long number = Long.parseLong(key) - 1000;
        details.add(Details.of(start.minus(SECOND.multipliedBy(KEYS - number)), null));
      }
      return details;
    }
  }

  /** A share is told when the job began; the last holder wrote that down by its own clock. */
  @Test
  @Bubbled
  void aShareIsJudgedByTheClockOfThisProcess() throws Exception {
    Aging store = new Aging();
    Selection old =
        Selection.ALL.with(new Filter(null, false, null, null, SECOND.multipliedBy(50), null));
    Plan plan = PLAN.with(old).at(store.start);
    Checkpoint ahead =
        Checkpoint.start(store.name(), old.toString(), store.start.plus(SECOND.multipliedBy(30)));
    Checkpoints checkpoints =
        new Checkpoints() {
          @Override
          public Checkpoint read() {
            return ahead;
          }

          @Override
          public void write(Checkpoint checkpoint) {}

          @Override
          public void delete() {}
        };
    SharedPace pace =
        new SharedPace() {
          @Override
          public void take(long keys, Context run) {}

          @Override
          public void refused(@Nullable Duration pause) {}
        };
    Summary summary =
        Purge.run(
            Context.background(),
            store,
            plan,
            new Progress(),
            Observer.NONE,
            new Share(null, checkpoints, pace));
    assertEquals(50, summary.deleted(), summary::toString);
  }

  /** While the run lists, keys become older than the limit; they are not selected by that. */
  @Test
  @Bubbled
  void aRunSelectsTheKeysThatWereOldWhenItBegan(@TempDir Path folder) throws Exception {
    Aging store = new Aging();
    Filter olderThan = new Filter(null, false, null, null, SECOND.multipliedBy(50), null);
    Path checkpoint = folder.resolve("run.json");
    Plan plan =
        PLAN.with(Selection.ALL.with(olderThan)).with(new Plan.Files(null, checkpoint, true));
    try (CancelContext enough =
        Context.background().withTimeout(SECOND.multipliedBy(3).plusMillis(1))) {
      Summary first = Purge.run(enough, store, plan, new Progress(), Observer.NONE);
      assertEquals(Ending.CANCELLED, first.ending());
    }
    Go.sleep(SECOND.multipliedBy(100)); // until all keys are older than the limit
    Summary second = Purge.run(Context.background(), store, plan, new Progress(), Observer.NONE);
    assertEquals(50, second.deleted(), second::toString);
    assertEquals("1050", store.keys.keys().first());
  }
}
