package io.heddle.purge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Goroutine;
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
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Stores that refuse deletions for a minute, or limit the keys per second, and plans that do not
 * want more; the time is virtual, so that this takes none.
 */
@Tag("slow")
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
    assertTrue(refusals < 700, refusals + " refused requests");
  }

  /** So it is where the clock here is fast: that says nothing either. */
  @Test
  @Bubbled
  void whenItSaysATimeThatIsOverItIsAskedNowAndThen() throws Exception {
    int refusals = purge(MINUTE.negated(), Duration.ofMinutes(2));
    assertTrue(refusals < 700, refusals + " refused requests");
  }

  /** Which keys a store refuses, and what it says about when to come back. */
  private interface Limit {
    boolean tryAcquire();

    @Nullable Duration retryAfter();
  }

  /** So many keys a second, of which some are saved up. */
  private record Bucket(RateLimiter limiter, @Nullable Duration retryAfter) implements Limit {
    Bucket(int rate, int burst, @Nullable Duration retryAfter) {
      this(RateLimiter.perSecond(rate, burst), retryAfter);
    }

    @Override
    public boolean tryAcquire() {
      return limiter.tryAcquire();
    }
  }

  /** So many keys in each window of time; in the first one a part of it is over. */
  private static final class Window implements Limit {
    private final int most;
    private final long length;
    private final long start;
    private long current;
    private int taken;

    Window(int most, Duration length) {
      this.most = most;
      this.length = length.toNanos();
      this.start = Go.nanoTime() - this.length / 3;
    }

    @Override
    public synchronized boolean tryAcquire() {
      long now = (Go.nanoTime() - start) / length;
      if (now > current) {
        current = now;
        taken = 0;
      }
      return taken++ < most;
    }

    /** In whole seconds, as the header has it. */
    @Override
    public synchronized Duration retryAfter() {
      long left = start + (current + 1) * length - Go.nanoTime();
      return Duration.ofSeconds(Math.ceilDiv(left, SECOND.toNanos()));
    }
  }

  /** A store with a limit that takes five milliseconds per key, with four on a connection. */
  private static final class Limited implements Store {
    private static final Duration LATENCY = Duration.ofMillis(5);

    private final MemoryStore keys = new MemoryStore();
    private final Limit limit;
    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicInteger requests = new AtomicInteger();
    private Duration delay = Duration.ZERO;
    private boolean saysItTwice;
    private boolean countsRequests;
    private Predicate<String> isHeldBack = _ -> false;

    Limited(int keys, Limit limit) {
      this.keys.addAll(IntStream.range(0, keys).mapToObj(i -> "key-" + i).toList());
      this.limit = limit;
    }

    /** One that saves up a tenth of a second. */
    Limited(int keys, int rate, @Nullable Duration retryAfter) {
      this(keys, new Bucket(rate, rate / 10, retryAfter));
    }

    /** Changes the rate after a time. */
    Limited then(Duration time, int rate) {
      RateLimiter limiter = ((Bucket) limit).limiter;
      Go.afterFunc(
          time,
          () -> {
            limiter.setLimit(rate);
            limiter.setBurst(rate / 10);
          });
      return this;
    }

    /** Takes longer for the first hundred requests. */
    Limited startingSlowly() {
      delay = Duration.ofMillis(40);
      return this;
    }

    /** Tells with a refusal what goes for all requests, in other headers. */
    Limited sayingItTwice() {
      saysItTwice = true;
      return this;
    }

    /** Deletes a hundred keys with a request, which the limit takes for one. */
    Limited countingRequests() {
      countsRequests = true;
      return this;
    }

    /** Does not delete some of the keys, which the limit counts all the same. */
    Limited holdingBack(Predicate<String> keys) {
      isHeldBack = keys;
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
      return countsRequests ? 100 : 4;
    }

    @Override
    public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
      Go.sleep(requests.incrementAndGet() <= 100 ? delay : Duration.ZERO);
      if (countsRequests) {
        Go.sleep(LATENCY);
        if (!limit.tryAcquire()) {
          throw refusal();
        }
      }
      List<Outcome> outcomes = new ArrayList<>();
      Duration pause = Duration.ZERO;
      for (String key : batch) {
        if (!countsRequests) {
          Go.sleep(LATENCY);
        }
        if (!countsRequests && !limit.tryAcquire()) {
          outcomes.add(new Outcome.Failed(refusal(), 1));
          Duration asked = limit.retryAfter();
          if (saysItTwice && asked != null) {
            pause = asked;
          }
        } else if (isHeldBack.test(key)) {
          StoreException held = new StoreException(Kind.PRECONDITION, "HTTP 412", "another one");
          outcomes.add(new Outcome.Failed(held, 1));
        } else {
          outcomes.addAll(keys.delete(List.of(key)).outcomes());
        }
      }
      return new Deletion(outcomes, pause);
    }

    private StoreException refusal() {
      refusals.incrementAndGet();
      return new StoreException(Kind.THROTTLED, "HTTP 429", "not now", limit.retryAfter(), null);
    }

    @Override
    public void close() {}
  }

  private static void purge(Limited store, int keys, Duration most, int refusals)
      throws InterruptedException {
    Summary summary =
        Purge.run(Context.background(), store, Plan.DEFAULT, new Progress(), Observer.NONE);
    String what = summary + ", " + store.refusals + " refusals";
    long held = store.keys.keys().stream().filter(store.isHeldBack).count();
    assertEquals(held, summary.failed(), what);
    assertEquals(keys - held, summary.deleted(), what);
    assertTrue(summary.elapsed().compareTo(most) < 0, what);
    assertTrue(store.refusals.get() < refusals, what);
  }

  /**
   * At best this takes 20 s, and 22 s if it takes two refusals to know the rate. The first are of
   * all that are under way: up to 400.
   */
  @Test
  @Bubbled
  void theRateOfTheStoreIsFoundWithTwoPauses() throws Exception {
    purge(new Limited(20_000, 1000, SECOND), 20_000, Duration.ofMillis(22_250), 400);
  }

  /** As while connections are made and both programs have only started. */
  @Test
  @Bubbled
  void aSlowStartIsNotTakenForALowRate() throws Exception {
    Limited store = new Limited(20_000, 1000, SECOND).startingSlowly();
    purge(store, 20_000, Duration.ofMillis(22_600), 400);
  }

  /** What is lost to looking whether the rate has changed: the longer it has not, the less. */
  @Test
  @Bubbled
  void aRateThatIsKnownIsSeldomTried() throws Exception {
    purge(new Limited(200_000, 1000, SECOND), 200_000, Duration.ofSeconds(210), 400);
  }

  /** Two keys must never come at once: at best this takes 20 s, without connections in parallel. */
  @Test
  @Bubbled
  void aStoreThatSavesNothingUpIsNotAskedForIt() throws Exception {
    Limited store = new Limited(20_000, new Bucket(1000, 1, SECOND));
    purge(store, 20_000, Duration.ofMinutes(2), 500);
  }

  /** The rest of a second with a refusal is lost, and the part after it: at best 19.7 s. */
  @Test
  @Bubbled
  void secondsThatAreCountedCostLittle() throws Exception {
    Limited store = new Limited(20_000, new Window(1000, SECOND));
    purge(store, 20_000, Duration.ofSeconds(28), 600);
  }

  /** As much as it may be is deleted in each minute, whenever: at best this takes 520 s. */
  @Test
  @Bubbled
  void minutesThatAreCountedCostNothing() throws Exception {
    Limited store = new Limited(20_000, new Window(2000, MINUTE));
    purge(store, 20_000, Duration.ofSeconds(535), 800);
  }

  /** The last ten are not given up, however long that takes: at best this takes 6000 s. */
  @Test
  @Bubbled
  void aQuotaForEachHourIsUsedUp() throws Exception {
    Limited store = new Limited(2010, new Window(1000, Duration.ofHours(1)));
    purge(store, 2010, Duration.ofSeconds(6010), 600);
  }

  @Test
  @Bubbled
  void theRateIsFoundTooIfItIsSaidTwiceHowLongToWait() throws Exception {
    Limited store = new Limited(20_000, 1000, SECOND).sayingItTwice();
    purge(store, 20_000, Duration.ofSeconds(24), 450);
  }

  @Test
  @Bubbled
  void keysThatAreNotDeletedCountIfTheStoreCountsThem() throws Exception {
    Predicate<String> half = key -> Integer.parseInt(key.substring("key-".length())) % 2 > 0;
    Limited store = new Limited(20_000, 1000, SECOND).holdingBack(half);
    purge(store, 20_000, Duration.ofSeconds(24), 450);
  }

  /** Ten requests for a hundred keys each second: at best this takes 20 s. */
  @Test
  @Bubbled
  void requestsForManyKeysAreNotMadeRequestsForFew() throws Exception {
    purge(new Limited(20_000, 10, null).countingRequests(), 20_000, MINUTE, 800);
  }

  /** It asks for a pause of a minute as long as another client uses nearly all of the quota. */
  @Test
  @Bubbled
  void aRateThatSomebodyElseCausedLastsForMinutes() throws Exception {
    Limited store = new Limited(5000, 10, MINUTE).then(Duration.ofMinutes(3), 1000);
    purge(store, 5000, Duration.ofMinutes(10), 600);
  }

  /** Neither knows of the other, whose keys are missing in what gets through. */
  @Test
  @Bubbled
  void twoShareARate() throws Exception {
    Bucket bucket = new Bucket(1000, 100, SECOND);
    Goroutine<?> other = Go.go(() -> purge(new Limited(10_000, bucket), 10_000, MINUTE, 700));
    purge(new Limited(10_000, bucket), 10_000, MINUTE, 700);
    other.join();
  }

  @Test
  @Bubbled
  void theRateOfTheStoreIsFoundIfItSaysNothing() throws Exception {
    purge(new Limited(20_000, 1000, null), 20_000, Duration.ofSeconds(30), 1000);
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
    purge(store, 20_000, Duration.ofSeconds(150), 400);
  }

  /** The longer it went well, the later it is tried: at best this takes 29 s. */
  @Test
  @Bubbled
  void aRateThatRisesIsFollowed() throws Exception {
    Limited store = new Limited(20_000, 100, SECOND).then(Duration.ofSeconds(10), 1000);
    purge(store, 20_000, Duration.ofSeconds(60), 500);
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
