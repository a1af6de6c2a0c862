package io.heddle.purge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.Deletion;
import io.heddle.purge.Outcome;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.purge.stores.MemoryStore;
import io.heddle.rate.RateLimiter;
import io.heddle.testing.Bubbled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Stores that let nobody delete for a minute, or only so many keys a second, and plans that do not
 * want more; the time is virtual, so that this takes none.
 */
final class ThrottledTest {
  private static final int KEYS = 10_000;
  private static final Duration LATENCY = Duration.ofMillis(10);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration TEN_SECONDS = Duration.ofSeconds(10);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration BEGIN = Duration.ofMillis(200);

  private static final class Throttling implements Store {
    private final MemoryStore keys = new MemoryStore();
    private final @Nullable Duration retryAfter;
    private final long start = Go.nanoTime();
    private int refusals;

    Throttling(@Nullable Duration retryAfter) {
      this.retryAfter = retryAfter;
      keys.addAll(IntStream.range(0, KEYS).mapToObj(i -> "key-" + i).toList());
    }

    @Override
    public String name() {
      return "throttling";
    }

    @Override
    public Page list(String prefix, @Nullable String cursor, int limit)
        throws InterruptedException {
      Go.sleep(LATENCY);
      return keys.list(prefix, cursor, limit);
    }

    @Override
    public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
      Go.sleep(LATENCY);
      Duration now = Duration.ofNanos(Go.nanoTime() - start);
      if (now.compareTo(BEGIN) > 0 && now.compareTo(BEGIN.plus(MINUTE)) < 0) {
        synchronized (this) {
          refusals++;
        }
        throw new StoreException(Kind.THROTTLED, "HTTP 429", "not now", retryAfter, null);
      }
      return keys.delete(batch);
    }

    @Override
    public void close() {}
  }

  /** Yields how many requests were refused, and checks that all keys went all the same. */
  private static int purge(@Nullable Duration retryAfter, Duration overtime)
      throws InterruptedException {
    Throttling store = new Throttling(retryAfter);
    Summary summary =
        Purge.run(Context.background(), store, Plan.DEFAULT, new Progress(), Observer.NONE);
    assertTrue(summary.isComplete(), summary::toString);
    assertEquals(KEYS, summary.deleted(), summary::toString);
    Duration least = BEGIN.plus(MINUTE);
    assertTrue(summary.elapsed().compareTo(least) > 0, summary::toString);
    assertTrue(summary.elapsed().compareTo(least.plus(overtime)) < 0, summary::toString);
    return store.refusals;
  }

  @Test
  @Bubbled
  void whenItSaysHowLongEverybodyWaitsThatLong() throws Exception {
    assertTrue(purge(MINUTE, Duration.ofSeconds(10)) <= 100, "only those that were under way");
  }

  @Test
  @Bubbled
  void whenItSaysNothingItIsAskedNowAndThen() throws Exception {
    int refusals = purge(null, Duration.ofMinutes(2));
    assertTrue(refusals < 1000, refusals + " requests in vain");
  }

  /**
   * A store that lets so many keys a second through, of which it saves up a tenth, and takes five
   * milliseconds for each; four can be sent ahead on a connection.
   */
  private static final class Limited implements Store {
    private static final Duration LATENCY = Duration.ofMillis(5);

    private final MemoryStore keys = new MemoryStore();
    private final RateLimiter limiter;
    private final @Nullable Duration retryAfter;
    private final AtomicInteger refusals = new AtomicInteger();

    Limited(int keys, int rate, @Nullable Duration retryAfter) {
      this.keys.addAll(IntStream.range(0, keys).mapToObj(i -> "key-" + i).toList());
      this.limiter = new RateLimiter(rate, rate / 10);
      this.retryAfter = retryAfter;
    }

    /** Changes the rate after a time. */
    Limited then(Duration time, int rate) {
      Go.afterFunc(
          time,
          () -> {
            limiter.setLimit(rate);
            limiter.setBurst(rate / 10);
          });
      return this;
    }

    @Override
    public String name() {
      return "limited";
    }

    @Override
    public Page list(String prefix, @Nullable String cursor, int limit)
        throws InterruptedException {
      Go.sleep(LATENCY);
      return keys.list(prefix, cursor, limit);
    }

    @Override
    public int batchLimit() {
      return 4;
    }

    @Override
    public Deletion delete(List<String> batch) throws InterruptedException {
      List<Outcome> outcomes = new ArrayList<>();
      for (String key : batch) {
        Go.sleep(LATENCY);
        if (limiter.tryAcquire()) {
          outcomes.addAll(keys.delete(List.of(key)).outcomes());
        } else {
          refusals.incrementAndGet();
          StoreException refusal =
              new StoreException(Kind.THROTTLED, "HTTP 429", "not now", retryAfter, null);
          outcomes.add(new Outcome.Failed(refusal, 1));
        }
      }
      return new Deletion(outcomes, Duration.ZERO);
    }

    @Override
    public void close() {}
  }

  private static void purge(Limited store, int keys, Duration most, int refusals)
      throws InterruptedException {
    Summary summary =
        Purge.run(Context.background(), store, Plan.DEFAULT, new Progress(), Observer.NONE);
    String what = summary + ", " + store.refusals + " refusals";
    assertTrue(summary.isComplete(), what);
    assertEquals(keys, summary.deleted(), what);
    assertTrue(summary.elapsed().compareTo(most) < 0, what);
    assertTrue(store.refusals.get() < refusals, what);
  }

  /** At best this takes 20 s. The first refusals are of all that are under way: 400. */
  @Test
  @Bubbled
  void theRateOfTheStoreIsFoundWithFewPauses() throws Exception {
    purge(new Limited(20_000, 1000, SECOND), 20_000, Duration.ofSeconds(26), 500);
  }

  @Test
  @Bubbled
  void theRateOfTheStoreIsFoundIfItSaysNothing() throws Exception {
    purge(new Limited(20_000, 1000, null), 20_000, Duration.ofSeconds(23), 1000);
  }

  @Test
  @Bubbled
  void aLowRateIsFound() throws Exception {
    purge(new Limited(1000, 20, SECOND), 1000, Duration.ofSeconds(70), 600);
  }

  /** A second that is lost before is ten after, as the rate falls to a tenth: at best 110 s. */
  @Test
  @Bubbled
  void aRateThatFallsIsFollowed() throws Exception {
    Limited store = new Limited(20_000, 1000, SECOND).then(Duration.ofSeconds(10), 100);
    purge(store, 20_000, Duration.ofSeconds(165), 700);
  }

  /** The longer it went well, the later it is tried: at best this takes 29 s. */
  @Test
  @Bubbled
  void aRateThatRisesIsFollowed() throws Exception {
    Limited store = new Limited(20_000, 100, SECOND).then(Duration.ofSeconds(10), 1000);
    purge(store, 20_000, Duration.ofSeconds(65), 700);
  }

  /** The first ten at once, the others one in five milliseconds. */
  @Test
  @Bubbled
  void theRateOfThePlanIsKept() throws Exception {
    Limited store = new Limited(1000, 1_000_000, null);
    Plan plan = Plan.DEFAULT.with(new Plan.Pace(1, 20, 200, 10));
    Summary summary = Purge.run(Context.background(), store, plan, new Progress(), Observer.NONE);
    assertEquals(1000, summary.deleted(), summary::toString);
    Duration atBest = Duration.ofMillis(990 * 5);
    assertTrue(summary.elapsed().compareTo(atBest) >= 0, summary::toString);
    assertTrue(summary.elapsed().compareTo(atBest.plusMillis(100)) < 0, summary::toString);
  }

  @Test
  @Bubbled
  void theTimeOfThePlanIsKept() throws Exception {
    Limited store = new Limited(20_000, 1000, SECOND);
    Plan.Limits limits = new Plan.Limits(-1, 1, -1, TEN_SECONDS, TEN_SECONDS);
    Summary summary =
        Purge.run(
            Context.background(), store, Plan.DEFAULT.with(limits), new Progress(), Observer.NONE);
    assertEquals(Ending.MAX_DURATION, summary.ending());
    assertEquals(20_000, summary.deleted() + store.keys.keys().size());
    assertTrue(summary.elapsed().compareTo(TEN_SECONDS) >= 0, summary::toString);
    assertTrue(summary.elapsed().compareTo(TEN_SECONDS.plusMillis(100)) < 0, summary::toString);
  }
}
