package io.heddle.purge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.purge.Deletion;
import io.heddle.purge.Outcome;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.purge.stores.MemoryStore;
import io.heddle.testing.Bubbled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A store that refuses a whole request because of one of its keys. */
final class RefusedBatchTest {
  private static final int KEYS = 500;
  private static final Plan PLAN = Plan.DEFAULT.with(Plan.Pace.of(2));

  private static final class Picky implements Store {
    final MemoryStore keys = new MemoryStore();
    final Set<String> forbidden;
    final Kind kind;
    int requests;

    Picky(Kind kind, Set<String> forbidden) {
      this.kind = kind;
      this.forbidden = forbidden;
      keys.addAll(IntStream.range(0, KEYS).mapToObj(i -> "key-" + i).toList());
    }

    @Override
    public String name() {
      return "picky";
    }

    @Override
    public int batchLimit() {
      return KEYS;
    }

    @Override
    public Page list(String prefix, @Nullable String cursor, int limit) {
      return keys.list(prefix, cursor, limit);
    }

    @Override
    public synchronized Deletion delete(List<String> batch) throws StoreException {
      requests++;
      if (batch.stream().anyMatch(forbidden::contains)) {
        throw new StoreException(kind, "no", "one of the keys is forbidden");
      }
      List<Outcome> outcomes = new ArrayList<>();
      batch.forEach(key -> outcomes.addAll(keys.delete(List.of(key)).outcomes()));
      return new Deletion(outcomes, Duration.ZERO);
    }

    @Override
    public void close() {}
  }

  private static Summary purge(Store store, Observer observer) throws InterruptedException {
    return Purge.run(Context.background(), store, PLAN, new Progress(), observer);
  }

  @Test
  @Bubbled
  void onlyForbiddenKeysFail() throws Exception {
    Picky store = new Picky(Kind.FORBIDDEN, Set.of("key-0", "key-77"));
    Set<String> failed = new TreeSet<>();
    Summary summary =
        purge(
            store,
            new Observer() {
              @Override
              public void failed(String key, Outcome.Failed outcome) {
                failed.add(key);
                assertEquals(1, outcome.attempts());
              }
            });
    assertEquals(store.forbidden, failed);
    assertEquals(KEYS - 2, summary.deleted());
    assertEquals(store.forbidden, Set.copyOf(store.keys.keys()));
    assertEquals(0, summary.retries(), "smaller requests are not attempts that failed");
    assertTrue(store.requests < 40, store.requests + " requests to find two keys");
  }

  /** No key is at fault if TLS or a proxy is. */
  @Test
  @Bubbled
  void aClosedWayToTheServerStopsTheRunWithoutSmallerRequests() throws Exception {
    Picky store = new Picky(Kind.UNREACHABLE, Set.of("key-77"));
    assertEquals(Ending.FATAL, purge(store, Observer.NONE).ending());
    assertEquals(1, store.requests);
  }

  @Test
  @Bubbled
  void credentialsThatAreRefusedStopTheRunWithoutSmallerRequests() throws Exception {
    Picky store = new Picky(Kind.UNAUTHORISED, Set.of("key-77"));
    assertEquals(Ending.UNAUTHORISED, purge(store, Observer.NONE).ending());
    assertEquals(1, store.requests);
  }
}
