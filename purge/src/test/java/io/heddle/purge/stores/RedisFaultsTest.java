package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.purge.RealServer;
import io.heddle.purge.Store;
import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Purge;
import io.heddle.purge.engine.Summary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClusterClient;

/** What happens to real servers, and to a cluster of them. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class RedisFaultsTest {
  private static final int KEYS = 20_000;
  private static final Plan PATIENT =
      Plan.DEFAULT
          .with(Plan.Pace.of(4))
          .with(new Plan.Sizes(500, 50))
          .with(new Plan.Retry(100, Duration.ofMillis(50), Duration.ofMillis(500)));

  @TempDir private Path folder;

  private static Store open(String address) throws Exception {
    return Stores.open(address, new Stores.Access(Map.of(), Duration.ofSeconds(10), null, 1));
  }

  private static Summary purge(Store store) throws InterruptedException {
    return Purge.run(Context.background(), store, PATIENT, new Progress(), Observer.NONE);
  }

  @Test
  void allServersOfAClusterAreEmptied() throws Exception {
    String cli = RealServer.find("valkey-cli", "redis-cli");
    List<RealServer> servers = new ArrayList<>();
    try {
      List<String> command = new ArrayList<>(List.of(cli, "--cluster", "create"));
      for (int i = 0; i < 3; i++) {
        RealServer server =
            RealServer.valkey(
                "--cluster-enabled", "yes", "--cluster-port", "" + RealServer.freePort());
        servers.add(server);
        command.add("127.0.0.1:" + server.port());
      }
      command.add("--cluster-yes");
      Path output = folder.resolve("output");
      Process create =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      assertEquals(0, create.waitFor(), Files.readString(output, UTF_8));

      for (RealServer server : servers) {
        try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
          while (!jedis.clusterInfo().contains("cluster_state:ok")) {
            Thread.onSpinWait();
          }
        }
      }

      int port = servers.getFirst().port();
      try (RedisClusterClient client =
          RedisClusterClient.create(new HostAndPort("127.0.0.1", port))) {
        try (var pipeline = client.pipelined()) {
          IntStream.range(0, KEYS).forEach(i -> pipeline.set("key-" + i, "v"));
        }
      }
      try (Store store = open("redis-cluster://127.0.0.1:" + port)) {
        assertEquals(KEYS, store.count("").orElse(0));
        Summary summary = purge(store);
        assertTrue(summary.isComplete(), summary::toString);
        assertEquals(KEYS, summary.deleted() + summary.gone());
        assertEquals(0, store.count("").orElse(-1));
      }
    } finally {
      servers.forEach(RealServer::close);
    }
  }

  @Test
  void aServerThatIsNotThereIsNoSuccess() throws Exception {
    try (Store store = open("redis://127.0.0.1:" + RealServer.freePort())) {
      Plan plan = PATIENT.with(new Plan.Retry(2, Duration.ofMillis(1), Duration.ofMillis(1)));
      Summary summary = Purge.run(Context.background(), store, plan, new Progress(), Observer.NONE);
      assertEquals(Ending.FATAL, summary.ending());
      assertTrue(summary.reason().contains("the listing failed"), summary.reason());
    }
  }

  @Test
  void aPasswordIsNeededWhereOneIsAskedFor() throws Exception {
    try (RealServer server = RealServer.valkey("--requirepass", "secret");
        Store store = open("redis://127.0.0.1:" + server.port())) {
      assertEquals(Ending.UNAUTHORISED, purge(store).ending());
      String address = "redis://127.0.0.1:" + server.port();
      Map<String, String> password = Map.of("REDIS_PASSWORD", "secret");
      try (Store open =
          Stores.open(address, new Stores.Access(password, Duration.ofSeconds(10), null, 1))) {
        assertTrue(purge(open).isComplete());
      }
    }
  }
}
