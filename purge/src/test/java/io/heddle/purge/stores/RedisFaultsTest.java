package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.purge.RealServer;
import io.heddle.purge.Store;
import io.heddle.purge.ValkeyCluster;
import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Purge;
import io.heddle.purge.engine.Summary;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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

  private static Store open(String address) throws Exception {
    return Stores.open(address, new Stores.Access(Map.of(), Duration.ofSeconds(10), null, 1));
  }

  private static Summary purge(Store store) throws InterruptedException {
    return Purge.run(Context.background(), store, PATIENT, new Progress(), Observer.NONE);
  }

  @Test
  void allServersOfAClusterAreEmptied() throws Exception {
    try (ValkeyCluster servers = new ValkeyCluster(3, 0, 5000)) {
      servers.put(IntStream.range(0, KEYS).mapToObj(i -> ("key-" + i).getBytes(UTF_8)).toList(), 3);
      try (Store store = open(servers.address())) {
        assertEquals(KEYS, store.count("").orElse(0));
        Summary summary = purge(store);
        assertTrue(summary.isComplete(), summary::toString);
        assertEquals(KEYS, summary.deleted() + summary.gone());
        assertEquals(0, store.count("").orElse(-1));
      }
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
