package io.heddle.purge.stores;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.TaskGroup;
import io.heddle.purge.Deletion;
import io.heddle.purge.Page;
import io.heddle.purge.RealServer;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Purge;
import io.heddle.purge.engine.Summary;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.KeyValue;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.StorageType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;

/** Real servers that are killed in the middle of a run, and started again with what they had. */
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class RestartTest {
  private static final Plan PATIENT =
      Plan.DEFAULT
          .with(Plan.Pace.of(4))
          .with(new Plan.Sizes(500, 50))
          .with(new Plan.Retry(1000, Duration.ofMillis(50), Duration.ofMillis(500)));

  /** Lets through all, but says when half is done; the next request waits for the crash. */
  private record Halfway(
      Store store, int keys, Chan<Boolean> half, Chan<Boolean> crashed, int[] deleted)
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
      Deletion deletion = store.delete(batch);
      boolean isHalf;
      synchronized (deleted) {
        isHalf = deleted[0] < keys / 2 && deleted[0] + batch.size() >= keys / 2;
        deleted[0] += batch.size();
      }
      if (isHalf) {
        half.send(true);
        crashed.receive();
      }
      return deletion;
    }

    @Override
    public void close() {
      store.close();
    }
  }

  /** Purges the store of a server that holds so many keys, and is killed half-way. */
  private static void purge(RealServer server, String address, int keys) throws Exception {
    Chan<Boolean> half = Chan.unbuffered();
    Chan<Boolean> crashed = Chan.unbuffered();
    TaskGroup<Void> crash = new TaskGroup<>();
    crash.go(() -> {
      half.receive();
      server.kill();
      crashed.send(true);
      server.start();
    });
    Stores.Access access = new Stores.Access(Map.of(), Duration.ofSeconds(5), null, 1);
    try (Store store = new Halfway(Stores.open(address, access), keys, half, crashed, new int[1])) {
      Summary summary =
          Purge.run(Context.background(), store, PATIENT, new Progress(), Observer.NONE);
      crash.await();
      assertTrue(summary.isComplete(), summary::toString);
      assertTrue(summary.retries() > 0, summary::toString);
      assertTrue(summary.deleted() <= keys, summary::toString);
      // More where the listing has to begin anew, and shows keys again that are gone since.
      assertTrue(summary.deleted() + summary.gone() >= keys, summary::toString);
    }
  }

  private static String key(int i) {
    return "key-" + i;
  }

  @Test
  void valkey() throws Exception {
    int keys = 20_000;
    try (RealServer server = RealServer.durableValkey()) {
      try (Jedis jedis = new Jedis("127.0.0.1", server.port());
          var pipeline = jedis.pipelined()) {
        IntStream.range(0, keys).forEach(i -> pipeline.set(key(i), "v"));
      }
      purge(server, "valkey://127.0.0.1:" + server.port(), keys);
      try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
        assertEquals(0, jedis.dbSize());
      }
    }
  }

  @Test
  void etcd() throws Exception {
    int keys = 4000;
    try (RealServer server = RealServer.etcd()) {
      for (int i = 0; i < keys; i += 100) {
        StringBuilder puts = new StringBuilder("\n");
        for (int k = i; k < i + 100; k++) {
          puts.append("put \"").append(key(k)).append("\" v\n");
        }
        server.etcdctl(puts.append("\n\n").toString(), "txn");
      }
      purge(server, "etcd://127.0.0.1:" + server.port(), keys);
      assertEquals("", server.etcdctl("", "get", "", "--prefix", "--keys-only").strip());
    }
  }

  @Test
  void nats() throws Exception {
    int keys = 4000;
    try (RealServer server = RealServer.nats()) {
      String url = "nats://127.0.0.1:" + server.port();
      Connection connection =
          Nats.connect(
              new Options.Builder().server(url).errorListener(new ErrorListener() {}).build());
      connection
          .keyValueManagement()
          .create(
              KeyValueConfiguration.builder().name("bucket").storageType(StorageType.File).build());
      KeyValue bucket = connection.keyValue("bucket");
      for (int i = 0; i < keys; i++) {
        bucket.put(key(i), "v");
      }
      purge(server, url + "/bucket", keys);
      assertEquals(List.of(), bucket.keys());
      connection.close();
    }
  }
}
