package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.purge.Deletion;
import io.heddle.purge.Page;
import io.heddle.purge.RealServer;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.ValkeyCluster;
import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Purge;
import io.heddle.purge.engine.Summary;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A cluster of three masters with a replica each, whose servers die, or hang, while it is emptied.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class FailoverTest {
  private static final int KEYS = 12_000;
  private static final int NODE_TIMEOUT = 2000;

  /** The normal attempts, and a time limit within which a failover of these servers is over. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final Plan PLAN =
      Plan.DEFAULT
          .with(Plan.Pace.of(4))
          .with(new Plan.Sizes(500, 50))
          .with(new Plan.Passes(3, true));

  private enum Fault {
    KILL,
    PAUSE
  }

  /** Calls something once, before a deletion, when so many keys have been deleted. */
  private record At(Store store, int count, Runnable fault, AtomicInteger deleted)
      implements Store {
    @Override
    public String name() {
      return store.name();
    }

    @Override
    public int batchLimit() {
      return store.batchLimit();
    }

    @Override
    public Page list(String prefix, @Nullable String cursor, int limit)
        throws StoreException, InterruptedException {
      return store.list(prefix, cursor, limit);
    }

    @Override
    public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
      int before = deleted.getAndAdd(batch.size());
      if (before <= count && before + batch.size() > count) {
        fault.run();
      }
      return store.delete(batch);
    }

    @Override
    public void close() {
      store.close();
    }
  }

  private static Store open(String address, Duration timeout) {
    return Stores.open(address, new Stores.Access(Map.of(), timeout, null, 1));
  }

  private static List<byte[]> keys() {
    return IntStream.range(0, KEYS).mapToObj(i -> ("key-" + i).getBytes(UTF_8)).toList();
  }

  private static void apply(Fault fault, RealServer server) {
    try {
      switch (fault) {
        case KILL -> server.kill();
        case PAUSE -> server.pause();
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Empties the cluster while a server has a fault; what is reported must be true. */
  private static void purge(Fault fault, int victim, int when, Duration timeout) throws Exception {
    String what = fault + " of server " + victim + " after " + when + " keys";
    try (ValkeyCluster servers = new ValkeyCluster(3, 1, NODE_TIMEOUT)) {
      servers.put(keys(), 3);
      RealServer server = servers.servers().get(victim);
      try (Store store =
          new At(
              open(servers.address(), timeout),
              when,
              () -> apply(fault, server),
              new AtomicInteger())) {
        Summary summary =
            Purge.run(Context.background(), store, PLAN, new Progress(), Observer.NONE);
        assertEquals(Ending.COMPLETE, summary.ending(), () -> what + ": " + summary);
        if (fault == Fault.PAUSE) {
          server.kill(); // it would say that it is a master, or hang
        }
        assertEquals(0, servers.keys().size(), () -> what + ": " + summary);
        assertTrue(summary.isComplete(), () -> what + ": " + summary);
        // More, where what a master had not passed on before it died was deleted twice.
        assertTrue(summary.deleted() + summary.gone() >= KEYS, () -> what + ": " + summary);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void aMasterThatDiesIsReplaced(int victim) throws Exception {
    purge(Fault.KILL, victim, new Random().nextInt(KEYS - 500), LIMIT);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void aMasterThatHangsIsReplaced(int victim) throws Exception {
    purge(Fault.PAUSE, victim, new Random().nextInt(KEYS - 500), Duration.ofSeconds(10));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 5})
  void aReplicaThatDiesDoesNotMatter(int victim) throws Exception {
    purge(Fault.KILL, victim, new Random().nextInt(KEYS - 500), LIMIT);
  }

  @Test
  void aReplicaThatHangsDoesNotMatter() throws Exception {
    purge(Fault.PAUSE, 4, new Random().nextInt(KEYS - 500), LIMIT);
  }

  /** Nobody can take over: the run ends, and names the server that is dead. */
  @Test
  void aMasterWithoutReplicaIsNamedWhenItDies() throws Exception {
    try (ValkeyCluster servers = new ValkeyCluster(3, 0, NODE_TIMEOUT)) {
      servers.put(keys(), 3);
      RealServer victim = servers.servers().get(1);
      try (Store store =
          new At(
              open(servers.address(), Duration.ofSeconds(4)),
              1000,
              victim::kill,
              new AtomicInteger())) {
        Plan plan = PLAN.with(new Plan.Retry(2, Duration.ofMillis(1), Duration.ofMillis(1)));
        Summary summary =
            Purge.run(Context.background(), store, plan, new Progress(), Observer.NONE);
        assertFalse(summary.isComplete(), summary::toString);
        assertEquals(Ending.FATAL, summary.ending(), summary::toString);
        String reason = String.valueOf(summary.reason());
        assertTrue(reason.contains("127.0.0.1:" + victim.port() + ": Connection refused"), reason);
        int left = servers.keys().size();
        assertTrue(
            summary.deleted() + summary.gone() + left <= KEYS, () -> summary + ", left: " + left);
      }
    }
  }

  /**
   * It is a master no more and may not have noticed, so it still has, and shows, the keys that its
   * replacement has deleted.
   */
  @Test
  void aMasterThatComesBackAfterItsReplacementIsNotBelieved() throws Exception {
    try (ValkeyCluster servers = new ValkeyCluster(3, 1, NODE_TIMEOUT)) {
      servers.put(keys(), 3);
      RealServer victim = servers.servers().getFirst();
      victim.pause();
      Duration timeout = Duration.ofSeconds(10);
      String another = "valkey-cluster://127.0.0.1:" + servers.servers().getLast().port();
      try (Store store = open(another, timeout)) {
        Summary summary =
            Purge.run(Context.background(), store, PLAN, new Progress(), Observer.NONE);
        assertTrue(summary.isComplete(), summary::toString);
      }
      victim.resume();
      try (Store store = open(servers.address(), timeout)) {
        Summary summary =
            Purge.run(Context.background(), store, PLAN, new Progress(), Observer.NONE);
        assertTrue(summary.isComplete(), summary::toString);
        assertEquals(0, summary.deleted(), summary::toString);
      }
    }
  }
}
