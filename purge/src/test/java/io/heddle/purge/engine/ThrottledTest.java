package io.heddle.purge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.Deletion;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.purge.stores.MemoryStore;
import io.heddle.testing.Bubbled;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A store that lets nobody delete for a minute, which takes no time here. */
final class ThrottledTest {
  private static final int KEYS = 10_000;
  private static final Duration LATENCY = Duration.ofMillis(10);
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
}
