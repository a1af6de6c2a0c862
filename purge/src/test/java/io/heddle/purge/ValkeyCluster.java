package io.heddle.purge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assertions;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.util.JedisClusterCRC16;

/** Servers of Valkey, or Redis, that are a cluster, on free ports of the loopback interface. */
public final class ValkeyCluster implements AutoCloseable {
  private static final int SLOTS = 16384;

  private final List<RealServer> servers = new ArrayList<>();
  private final int replicas;

  /**
   * Starts a cluster.
   *
   * @param masters how many masters it has; the first servers
   * @param replicas how many replicas each of them has
   * @param nodeTimeoutMillis after what time a server that does not answer is taken for dead
   */
  public ValkeyCluster(int masters, int replicas, int nodeTimeoutMillis) throws Exception {
    this.replicas = replicas;
    boolean isReady = false;
    try {
      for (int i = 0; i < masters * (1 + replicas); i++) {
        servers.add(
            RealServer.valkey(
                "--cluster-enabled",
                "yes",
                "--cluster-node-timeout",
                "" + nodeTimeoutMillis,
                "--cluster-port",
                "" + RealServer.freePort(),
                "--repl-diskless-sync-delay",
                "0"));
      }
      for (int i = 0; i < servers.size(); i++) {
        try (Jedis jedis = jedis(i)) {
          if (i < masters) {
            jedis.clusterAddSlots(
                IntStream.range(i * SLOTS / masters, (i + 1) * SLOTS / masters).toArray());
            jedis.clusterSetConfigEpoch(i + 1);
          }
          meet(jedis, servers.getFirst());
        }
      }
      for (int i = masters; i < servers.size(); i++) {
        await(i, "cluster_known_nodes:" + servers.size());
        String master;
        try (Jedis jedis = jedis(i % masters)) {
          master = jedis.clusterMyId();
        }
        try (Jedis jedis = jedis(i)) {
          jedis.clusterReplicate(master);
        }
      }
      for (int i = 0; i < servers.size(); i++) {
        await(i, "cluster_state:ok");
        await(i, "cluster_known_nodes:" + servers.size());
        awaitReplica(i, i >= masters);
      }
      isReady = true;
    } finally {
      if (!isReady) {
        close();
      }
    }
  }

  private static void meet(Jedis jedis, RealServer first) throws Exception {
    int bus = Integer.parseInt(first.option("--cluster-port"));
    Object answer =
        jedis.sendCommand(
            Protocol.Command.CLUSTER, "MEET", "127.0.0.1", "" + first.port(), "" + bus);
    Assertions.assertEquals("OK", new String((byte[]) answer, UTF_8));
  }

  private void await(int server, String info) {
    try (Jedis jedis = jedis(server)) {
      while (!jedis.clusterInfo().contains(info + "\r")) {
        Thread.onSpinWait();
      }
    }
  }

  private void awaitReplica(int server, boolean isReplica) {
    try (Jedis jedis = jedis(server)) {
      while (isReplica && !jedis.info("replication").contains("master_link_status:up")) {
        Thread.onSpinWait();
      }
    }
  }

  private Jedis jedis(int server) {
    return new Jedis("127.0.0.1", servers.get(server).port(), 20_000);
  }

  public List<RealServer> servers() {
    return servers;
  }

  public String address() {
    return "valkey-cluster://127.0.0.1:" + servers.getFirst().port();
  }

  /** Puts keys where they belong, as long as the first servers are the masters. */
  public void put(Collection<byte[]> keys, int masters) {
    Map<Integer, List<byte[]>> parts = new TreeMap<>();
    for (byte[] key : keys) {
      int server = (int) ((long) JedisClusterCRC16.getSlot(key) * masters / SLOTS);
      // the bounds of the ranges are rounded down
      while (JedisClusterCRC16.getSlot(key) >= (server + 1) * SLOTS / masters) {
        server++;
      }
      parts.computeIfAbsent(server, _ -> new ArrayList<>()).add(key);
    }
    parts.forEach((server, part) -> {
      try (Jedis jedis = jedis(server);
          var pipeline = jedis.pipelined()) {
        part.forEach(key -> pipeline.set(key, key));
        pipeline.syncAndReturnAll().forEach(answer -> Assertions.assertEquals("OK", answer));
        Assertions.assertEquals(replicas, jedis.waitReplicas(replicas, 0)); // or some may get lost
      }
    });
  }

  /** All keys, as ISO 8859-1, of those servers that say that they are masters and are there. */
  public Set<String> keys() {
    Set<String> keys = new TreeSet<>();
    for (int i = 0; i < servers.size(); i++) {
      if (servers.get(i).isAlive()) {
        try (Jedis jedis = jedis(i)) {
          if (jedis.role().getFirst().equals("master")) {
            String cursor = "0";
            do {
              var page = jedis.scan(cursor.getBytes(UTF_8), new ScanParams().count(1000));
              page.getResult().forEach(key -> keys.add(new String(key, ISO_8859_1)));
              cursor = page.getCursor();
            } while (!cursor.equals("0"));
          }
        }
      }
    }
    return keys;
  }

  @Override
  public void close() {
    servers.forEach(RealServer::close);
  }
}
