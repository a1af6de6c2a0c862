package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.SingleFlight;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisRedirectionException;

/**
 * The servers of a cluster: which server has which slots, and connections to them.
 *
 * <p>Requests go only to masters, so the failure of a replica has no effect. When a master dies,
 * one of its replicas takes over its slots, some seconds after the time that the cluster is
 * configured with ({@code cluster-node-timeout}, 15 seconds by default). Until then requests are
 * repeated, for as long as {@link Wait} allows: the time limit of a request, counted from the
 * master's first failure. Before each repetition all known servers are asked for the slots, and the
 * answer with the latest epoch counts, because a server that was cut off for a while may not know
 * yet that it was replaced.
 */
final class RedisCluster implements AutoCloseable {
  static final int SLOTS = 16384;

  private static final String ONLY = "";
  private static final Pattern EPOCH = Pattern.compile("cluster_current_epoch:(\\d+)");

  /** The time limit for asking a server for its slots. The others are asked at the same time. */
  private static final int LONGEST_LOOK_MILLIS = 1000;

  /** Between two queries of the topology while a failover is awaited. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final String name;
  private final List<HostAndPort> seeds;
  private final RedisStore.Address address;
  private final JedisClientConfig config;
  private final int requestMillis;
  private final int lookMillis;
  private final long patience;
  private final SingleFlight<String, Topology> looking = new SingleFlight<>();
  private final Map<HostAndPort, Queue<Wire>> idle = new ConcurrentHashMap<>();

  /** The time, by {@link Go#nanoTime}, since which requests to a server have failed. */
  private final Map<HostAndPort, Long> failingSince = new ConcurrentHashMap<>();

  private volatile @Nullable Topology topology;
  private volatile boolean isOutdated;
  private volatile boolean isClosed;

  RedisCluster(String name, RedisStore.Address address) {
    this.name = name;
    this.seeds = address.servers();
    this.address = address;
    this.patience = address.network().timeout().toNanos();
    this.config = address.config();
    this.requestMillis = address.network().timeoutMillis();
    this.lookMillis = Math.min(LONGEST_LOOK_MILLIS, requestMillis);
  }

  /**
   * The assignment of slots to servers.
   *
   * @param epoch the cluster's epoch, which each failover increments
   * @param owners the master of each slot, null where there is none
   * @param masters the masters that have slots, in the order of their first slots
   * @param servers all servers, replicas included
   */
  record Topology(
      long epoch,
      @Nullable HostAndPort[] owners,
      NavigableMap<Integer, HostAndPort> masters,
      Set<HostAndPort> servers) {
    private int covered() {
      int covered = 0;
      for (HostAndPort owner : owners) {
        covered += owner == null ? 0 : 1;
      }
      return covered;
    }
  }

  /** A connection that can send without reading an answer. */
  static final class Wire extends Connection {
    Wire(JedisSocketFactory sockets, JedisClientConfig config) {
      super(sockets, config);
    }

    void push() {
      flush();
    }
  }

  /** The current topology; asks the servers if it is unknown or outdated. */
  Topology topology() throws StoreException, InterruptedException {
    Topology found = topology;
    return found != null && !isOutdated ? found : refreshed(found);
  }

  /** Asks the servers again, unless another call has replaced the topology in the meantime. */
  @SuppressWarnings("ReferenceEquality") // each query makes another one
  Topology refreshed(@Nullable Topology outdated) throws StoreException, InterruptedException {
    try {
      return looking.run(ONLY, () -> topology == outdated ? look() : topology).value();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StoreException failure) {
        throw failure;
      }
      throw new IllegalStateException("a defect of the client of " + name, e);
    }
  }

  /** The topology after a short pause, in which a failover may have ended. */
  Topology changed(Topology outdated) throws StoreException, InterruptedException {
    Go.sleep(PAUSE);
    return refreshed(outdated);
  }

  /** How long one call may wait for a failover. */
  final class Wait {
    private long start;
    private boolean hasBegun;

    /**
     * Whether to repeat a request that a server has just failed. If a request is not repeated, it
     * fails, and the next call queries the slots first. A server may fail one request and answer
     * another, so two times count: since the server began to fail, and since this call began to
     * wait.
     */
    boolean isWorthwhile(HostAndPort server) {
      long now = Go.nanoTime();
      if (!hasBegun) {
        hasBegun = true;
        start = now;
      }
      Long since = failingSince.putIfAbsent(server, now);
      boolean isWorthwhile = now - start < patience && (since == null || now - since < patience);
      if (!isWorthwhile) {
        isOutdated = true;
      }
      return isWorthwhile;
    }
  }

  void succeeded(HostAndPort server) {
    failingSince.remove(server);
  }

  private record Look(
      HostAndPort server, @Nullable Topology found, @Nullable JedisException failure) {}

  /** Asks all known servers, and then the servers that their answers mention. */
  private Topology look() throws StoreException, InterruptedException {
    Topology before = topology;
    Set<HostAndPort> asked = new HashSet<>();
    Set<HostAndPort> next = new HashSet<>(before == null ? Set.of() : before.servers);
    next.addAll(seeds);
    List<Topology> found = new ArrayList<>();
    JedisException failure = null;
    while (!next.isEmpty()) {
      asked.addAll(next);
      for (Look look : lookAtOnce(List.copyOf(next))) {
        if (look.found != null) {
          found.add(look.found);
        } else if (failure == null || look.server.equals(seeds.getFirst())) {
          failure = look.failure;
        }
      }
      next = new HashSet<>();
      for (Topology view : found) {
        next.addAll(view.servers);
      }
      next.removeAll(asked);
    }
    if (found.isEmpty()) {
      throw RedisStore.failure(name, failure == null ? new JedisException("no server") : failure);
    }
    Topology latest =
        found.stream()
            .max(Comparator.comparingLong(Topology::epoch).thenComparingInt(Topology::covered))
            .orElseThrow();
    topology = latest;
    isOutdated = false;
    return latest;
  }

  private List<Look> lookAtOnce(List<HostAndPort> servers) throws InterruptedException {
    Chan<Look> looks = Chan.buffered(servers.size());
    for (HostAndPort server : servers) {
      Go.go("topology", () -> looks.send(look(server)));
    }
    List<Look> all = new ArrayList<>();
    while (all.size() < servers.size()) {
      all.add(looks.receive());
    }
    return all;
  }

  private Look look(HostAndPort server) {
    try (Wire wire = new Wire(address.sockets(server, lookMillis), config)) {
      wire.sendCommand(Command.CLUSTER, "INFO");
      wire.sendCommand(Command.CLUSTER, "SLOTS");
      List<Object> answers = wire.getMany(2);
      if (answers.get(1) instanceof JedisDataException failure) {
        throw failure;
      }
      // A user who may not ask for the epoch gets the answer that covers most slots.
      String info = answers.getFirst() instanceof byte[] text ? new String(text, UTF_8) : "";
      Matcher epoch = EPOCH.matcher(info);
      return new Look(
          server,
          topology(server, epoch.find() ? Long.parseLong(epoch.group(1)) : 0, answers.get(1)),
          null);
    } catch (JedisException e) {
      return new Look(server, null, e);
    }
  }

  /** Reads an answer to CLUSTER SLOTS: ranges, each with its master followed by its replicas. */
  private static Topology topology(HostAndPort asked, long epoch, Object answer) {
    @Nullable HostAndPort[] owners = new HostAndPort[SLOTS];
    NavigableMap<Integer, HostAndPort> masters = new TreeMap<>();
    Set<HostAndPort> servers = new HashSet<>();
    Set<HostAndPort> seen = new HashSet<>();
    List<List<?>> ranges = new ArrayList<>();
    for (Object range : (List<?>) answer) {
      ranges.add((List<?>) range);
    }
    ranges.sort(Comparator.comparingLong(range -> (Long) range.get(0)));
    for (List<?> range : ranges) {
      int first = Math.toIntExact((Long) range.get(0));
      int last = Math.toIntExact((Long) range.get(1));
      for (Object server : range.subList(2, range.size())) {
        servers.add(server(asked, (List<?>) server));
      }
      HostAndPort master = server(asked, (List<?>) range.get(2));
      for (int slot = first; slot <= last; slot++) {
        owners[slot] = master;
      }
      if (seen.add(master)) {
        masters.put(first, master);
      }
    }
    servers.add(asked);
    return new Topology(epoch, owners, masters, servers);
  }

  /** A server that does not know its own host has the address at which it was asked. */
  private static HostAndPort server(HostAndPort asked, List<?> server) {
    String host = server.get(0) instanceof byte[] bytes ? new String(bytes, UTF_8) : "";
    int port = Math.toIntExact((Long) server.get(1));
    return new HostAndPort(host.isEmpty() || host.equals("?") ? asked.getHost() : host, port);
  }

  /** A connection to a server; the caller gives it back or closes it. */
  Wire wire(HostAndPort server) {
    Queue<Wire> free = idle.get(server);
    Wire wire = free == null ? null : free.poll();
    return wire != null ? wire : newWire(server);
  }

  /** Another connection to a server, which the caller closes. */
  Wire newWire(HostAndPort server) {
    return new Wire(address.sockets(server, requestMillis), config);
  }

  /** Takes back a connection; after an error closes it and all others to that server. */
  void giveBack(HostAndPort server, Wire wire, boolean isGood) {
    if (isGood && !wire.isBroken()) {
      idle.computeIfAbsent(server, _ -> new ConcurrentLinkedQueue<>()).add(wire);
      if (isClosed) {
        closeIdle(server);
      }
    } else {
      wire.close();
      closeIdle(server);
    }
  }

  private void closeIdle(HostAndPort server) {
    Queue<Wire> free = idle.get(server);
    for (Wire wire; free != null && (wire = free.poll()) != null; ) {
      wire.close();
    }
  }

  /** The failure of a request to a server, with the server's address. */
  StoreException failure(HostAndPort server, JedisException e) {
    String where = seeds.equals(List.of(server)) ? name : name + ", " + server;
    return e instanceof JedisRedirectionException
        ? new StoreException(Kind.UNAVAILABLE, "slot moved", where + ": " + e.getMessage(), null, e)
        : RedisStore.failure(where, e);
  }

  StoreException noOwner(int slot) {
    return new StoreException(
        Kind.UNAVAILABLE, "no server", name + ": no server has slot " + slot + " of the cluster");
  }

  @Override
  public void close() {
    isClosed = true;
    idle.keySet().forEach(this::closeIdle);
  }
}
