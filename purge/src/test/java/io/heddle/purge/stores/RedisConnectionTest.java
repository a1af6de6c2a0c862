package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.RealServer;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.purge.ValkeyCluster;
import io.heddle.purge.engine.Ending;
import io.heddle.purge.engine.Observer;
import io.heddle.purge.engine.Plan;
import io.heddle.purge.engine.Progress;
import io.heddle.purge.engine.Purge;
import io.heddle.purge.engine.Selection;
import io.heddle.purge.engine.Summary;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/** Ways to a server of Redis or Valkey, and users with few permissions. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("system")
@Tag("slow")
final class RedisConnectionTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final Plan PLAN = Plan.DEFAULT.with(new Plan.Sizes(20, 10));

  private static Store open(String address) {
    return open(address, Map.of(), TIMEOUT, null);
  }

  private static Store open(
      String address, Map<String, String> environment, Duration timeout, @Nullable String proxy) {
    Stores.Connection connection = new Stores.Connection(Tls.SYSTEM, proxy, null);
    return Stores.open(
        address, new Stores.Access(environment, timeout, null, 1, false, connection));
  }

  private static Jedis jedis(RealServer server) {
    return new Jedis("127.0.0.1", server.port(), 20_000);
  }

  private static List<String> keys(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
  }

  private static void put(RealServer server, List<String> keys) {
    try (Jedis jedis = jedis(server);
        var pipeline = jedis.pipelined()) {
      keys.forEach(key -> pipeline.set(key, "v"));
    }
  }

  private static Summary purge(Store store, Selection selection) throws InterruptedException {
    return Purge.run(
        Context.background(), store, PLAN.with(selection), new Progress(), Observer.NONE);
  }

  @Test
  void aUserNeedsOnlyThePermissionsToListAndToDelete() throws Exception {
    try (RealServer server = RealServer.valkey()) {
      put(server, keys("tmp:", 500));
      put(server, keys("kept:", 500));
      try (Jedis jedis = jedis(server)) {
        jedis.aclSetUser("purger", "on", ">secret", "~tmp:*", "+scan", "+unlink");
      }
      String address = "redis://purger@127.0.0.1:" + server.port() + "/0";
      try (Store store = open(address, Map.of("REDIS_PASSWORD", "secret"), TIMEOUT, null)) {
        Summary summary = purge(store, Selection.ofPrefixes("tmp:"));
        assertTrue(summary.isComplete(), summary::toString);
        assertEquals(500, summary.deleted());
        assertEquals(0, store.count("").orElse(0), "it is not known, which is no error");
        put(server, keys("tmp:", 30));
        Summary all = purge(store, Selection.ALL);
        assertEquals(Map.of("NOPERM", 500L), all.errors(), "and the others are deleted");
        assertEquals(30, all.deleted());
      }
    }
  }

  @Test
  void aCommandThatIsNotPermittedEndsTheRunAndIsNamed() throws Exception {
    try (RealServer server = RealServer.valkey()) {
      put(server, keys("a", 50));
      try (Jedis jedis = jedis(server)) {
        jedis.aclSetUser("reader", "on", ">secret", "~*", "+scan");
      }
      String address = "redis://reader@127.0.0.1:" + server.port() + "/0";
      try (Store store = open(address, Map.of("REDIS_PASSWORD", "secret"), TIMEOUT, null)) {
        Summary summary = purge(store, Selection.ALL);
        assertEquals(Ending.UNAUTHORISED, summary.ending());
        String reason = summary.reason();
        assertTrue(reason.startsWith("the store denied access: a deletion failed: "), reason);
        assertTrue(reason.contains("'unlink'"), reason);
        assertFalse(reason.contains("password"), reason);
      }
    }
  }

  @Test
  void aUserOfAClusterNeedsFewPermissions() throws Exception {
    try (ValkeyCluster cluster = new ValkeyCluster(2, 0, 15_000)) {
      List<byte[]> keys = keys("tmp:", 500).stream().map(key -> key.getBytes(UTF_8)).toList();
      cluster.put(keys, 2);
      for (RealServer server : cluster.servers()) {
        try (Jedis jedis = jedis(server)) {
          jedis.aclSetUser(
              "purger", "on", ">secret", "~tmp:*", "+scan", "+unlink", "+cluster|slots");
        }
      }
      String address = cluster.address().replace("://", "://purger@");
      try (Store store = open(address, Map.of("REDIS_PASSWORD", "secret"), TIMEOUT, null)) {
        Summary summary = purge(store, Selection.ofPrefixes("tmp:"));
        assertTrue(summary.isComplete(), summary::toString);
        assertEquals(500, summary.deleted());
      }
    }
  }

  /** As with a user who may not ask for the run id of the server. */
  @Test
  void withoutARunIdAListingOnAnotherConnectionStartsOver() throws Exception {
    try (RealServer server = RealServer.valkey()) {
      put(server, keys("tmp:", 500));
      try (Jedis jedis = jedis(server)) {
        jedis.aclSetUser("purger", "on", ">secret", "~tmp:*", "+scan", "+unlink");
      }
      String address = "redis://purger@127.0.0.1:" + server.port() + "/0";
      String cursor;
      Map<String, String> password = Map.of("REDIS_PASSWORD", "secret");
      try (Store store = open(address, password, TIMEOUT, null)) {
        cursor = store.list("", null, 100).next();
        assertFalse(cursor.startsWith("0@"), cursor);
        assertTrue(store.list("", cursor, 1000).keys().size() < 500, "it continues");
      }
      try (Store store = open(address, password, TIMEOUT, null)) {
        assertEquals(500, store.list("", cursor, 1000).keys().size(), "from the beginning");
      }
    }
  }

  @Test
  void aUnixSocketIsAServer(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("valkey.sock");
    try (RealServer server = RealServer.valkey("--unixsocket", socket.toString())) {
      put(server, keys("a", 100));
      String address = "redis+unix://" + socket;
      try (Store store = open(address + "?db=0")) {
        assertEquals("Redis database 0 at " + socket, store.name());
        Summary summary = purge(store, Selection.ALL);
        assertTrue(summary.isComplete(), summary::toString);
        assertEquals(100, summary.deleted());
      }
      server.pause();
      try (Store store = open(address, Map.of(), Duration.ofMillis(300), null)) {
        StoreException silent = assertThrows(StoreException.class, () -> store.list("", null, 10));
        assertEquals(Kind.TIMEOUT, silent.kind(), silent.toString());
      }
      server.resume();
    }
    try (Store store = open("redis+unix://" + folder.resolve("nothing"))) {
      StoreException failure = assertThrows(StoreException.class, () -> store.list("", null, 10));
      assertEquals(Kind.UNAVAILABLE, failure.kind(), failure.toString());
    }
  }

  @Test
  void aProxyLeadsToAServer() throws Exception {
    try (RealServer server = RealServer.valkey()) {
      put(server, keys("a", 10));
      Go.run(() -> {
        try (ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
          Go.go("proxy", () -> serve(listener)); // until the listener is closed
          String proxy = "http://127.0.0.1:" + listener.getLocalPort();
          String address = "redis://server.invalid:" + server.port() + "/0";
          try (Store store = open(address, Map.of(), TIMEOUT, proxy)) {
            assertEquals(10, store.list("", null, 100).keys().size());
          }
        }
      });
    }
  }

  /** A proxy that takes every name for this machine. */
  private static void serve(ServerSocket listener) {
    try {
      while (true) {
        Socket client = listener.accept();
        StringBuilder head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
          head.append((char) client.getInputStream().read());
        }
        String target = head.toString().split(" ", -1)[1];
        int port = Integer.parseInt(target.substring(target.indexOf(':') + 1));
        Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
        client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(ISO_8859_1));
        Go.go("to the server", () -> copy(client, server));
        Go.go("to the client", () -> copy(server, client));
      }
    } catch (IOException e) {
      // the listener is closed
    }
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // the other direction has ended
    }
  }

  @Test
  void sentinelsNameTheMasterAlsoAfterAFailover() throws Exception {
    try (RealServer first = RealServer.valkey();
        RealServer second =
            RealServer.valkey(
                "--replicaof", "127.0.0.1 " + first.port(), "--repl-diskless-sync-delay", "0")) {
      try (Jedis jedis = jedis(second)) {
        while (!jedis.info("replication").contains("master_link_status:up")) {
          Thread.onSpinWait();
        }
      }
      put(first, keys("a", 200));
      try (Jedis jedis = jedis(first)) {
        assertEquals(1, jedis.waitReplicas(1, 0));
      }
      try (RealServer sentinel = RealServer.sentinel(first);
          Jedis asked = jedis(sentinel)) {
        String dead = "127.0.0.1:" + RealServer.freePort();
        String sentinels = dead + ",127.0.0.1:" + sentinel.port();
        try (Store store = open("redis-sentinel://" + sentinels + "/main/0");
            Store other = open("redis-sentinel://" + sentinels + "/other")) {
          assertEquals("Redis database 0 at main of the sentinels " + sentinels, store.name());
          assertFalse(store.list("", null, 10).keys().isEmpty());
          StoreException unknown =
              assertThrows(StoreException.class, () -> other.list("", null, 10));
          assertEquals(Kind.NOT_FOUND, unknown.kind(), unknown.toString());

          while (!failsOver(asked)) {
            Thread.onSpinWait();
          }
          try (Jedis jedis = jedis(first)) {
            while (port(asked) == first.port() || jedis.role().getFirst().equals("master")) {
              Thread.onSpinWait();
            }
          } catch (JedisConnectionException e) {
            // the sentinel closes connections to a server that becomes a replica
          }
          Summary summary = purge(store, Selection.ALL);
          assertTrue(summary.isComplete(), summary::toString);
          assertEquals(200, summary.deleted() + summary.gone());
          try (Jedis jedis = jedis(second)) {
            assertEquals(0, jedis.dbSize());
            assertEquals("master", jedis.role().getFirst());
          }
        }
      }
    }
  }

  /** Whether the sentinel knows the replica well enough. */
  private static boolean failsOver(Jedis sentinel) {
    try {
      sentinel.sendCommand(Protocol.Command.SENTINEL, "FAILOVER", "main");
      return true;
    } catch (JedisDataException e) {
      assertTrue(e.getMessage().startsWith("NOGOODSLAVE"), e.getMessage());
      return false;
    }
  }

  private static int port(Jedis sentinel) {
    List<?> address =
        (List<?>)
            sentinel.sendCommand(Protocol.Command.SENTINEL, "GET-MASTER-ADDR-BY-NAME", "main");
    return Integer.parseInt(new String((byte[]) address.get(1), UTF_8));
  }
}
