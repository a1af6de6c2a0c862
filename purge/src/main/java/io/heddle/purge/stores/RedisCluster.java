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
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisRedirectionException;

/**
 * The servers of a cluster: which of them has which slots, and connections to them.
 *
 * <p>Only masters are sent requests, so a replica that dies is not noticed. When a master dies, one
 * of its replicas takes its slots over, some seconds after the time that the cluster is configured
 * with ({@code cluster-node-timeout}, 15 seconds by default). Until then a request is repeated: for
 * as long as {@link Wait} says, which is the time limit of a request, counted from the master's
 * first failure. Before each repetition all known servers are asked for the slots, and the answer
 * of the latest epoch counts: a server that was cut off for a while does not know yet that it was
 * replaced.
 */
final class RedisCluster implements AutoCloseable {
  static final int SLOTS = 16384;

  private static final String ONLY = "";
  private static final Pattern EPOCH = Pattern.compile("cluster_current_epoch:(\\d+)");

  /** How long a server may take to say who has which slots. The others are asked at once. */
  private static final int LONGEST_LOOK_MILLIS = 1000;

  /** Between two looks while a failover is awaited. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final String name;
  private final HostAndPort seed;
  private final JedisClientConfig requests;
  private final JedisClientConfig looks;
  private final long patience;
  private final SingleFlight<String, Topology> looking = new SingleFlight<>();
  private final Map<HostAndPort, Queue<Wire>> idle = new ConcurrentHashMap<>();

  /** Since when, by {@link Go#nanoTime}, requests to a server have failed. */
  private final Map<HostAndPort, Long> failingSince = new ConcurrentHashMap<>();

  private volatile @Nullable Topology topology;
  private volatile boolean isOutdated;
  private volatile boolean isClosed;

  RedisCluster(String name, RedisStore.Address address) {
    this.name = name;
    this.seed = address.node();
    this.patience = address.timeout().toNanos();
    this.requests = address.config();
    int look = (int) Math.min(LONGEST_LOOK_MILLIS, address.timeout().toMillis());
    this.looks = address.config(look);
  }

  /**
   * Which server has which slots.
   *
   * @param epoch the cluster's epoch: each failover begins another
   * @param owners for each slot the master, null where there is none
   * @param masters the masters that have slots, by the first of their slots
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
    Wire(HostAndPort server, JedisClientConfig config) {
      super(server, config);
    }

    void push() {
      flush();
    }
  }

  /** What was found last, or is found now. */
  Topology topology() throws StoreException, InterruptedException {
    Topology found = topology;
    return found != null && !isOutdated ? found : refreshed(found);
  }

  /** Looks again, unless somebody has since a topology was obtained. */
  @SuppressWarnings("ReferenceEquality") // each look makes another
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

  /** What is found a moment later, when a failover may be over. */
  Topology changed(Topology outdated) throws StoreException, InterruptedException {
    Go.sleep(PAUSE);
    return refreshed(outdated);
  }

  /** How long one call may wait for a failover. */
  final class Wait {
    private long start;
    private boolean hasBegun;

    /**
     * Whether to repeat a request that a server has just failed. What is not repeated fails, and
     * the next call looks for the slots first. A server may fail one request and answer another, so
     * both times count: since it began to fail, and since this call began to wait.
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

  /** Asks all servers that are known, and then those that are known by their answers. */
  private Topology look() throws StoreException, InterruptedException {
    Topology before = topology;
    Set<HostAndPort> asked = new HashSet<>();
    Set<HostAndPort> next = new HashSet<>(before == null ? Set.of() : before.servers);
    next.add(seed);
    List<Topology> found = new ArrayList<>();
    JedisException failure = null;
    while (!next.isEmpty()) {
      asked.addAll(next);
      for (Look look : lookAtOnce(List.copyOf(next))) {
        if (look.found != null) {
          found.add(look.found);
        } else if (failure == null || look.server.equals(seed)) {
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
    try (Wire wire = new Wire(server, looks)) {
      wire.sendCommand(Command.CLUSTER, "INFO");
      wire.sendCommand(Command.CLUSTER, "SLOTS");
      Matcher epoch = EPOCH.matcher(new String((byte[]) wire.getOne(), UTF_8));
      return new Look(
          server,
          topology(server, epoch.find() ? Long.parseLong(epoch.group(1)) : 0, wire.getOne()),
          null);
    } catch (JedisException e) {
      return new Look(server, null, e);
    }
  }

  /** Of an answer to CLUSTER SLOTS: ranges, each with its master and then its replicas. */
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

  /** A server that does not know its own host is where it was asked. */
  private static HostAndPort server(HostAndPort asked, List<?> server) {
    String host = server.get(0) instanceof byte[] bytes ? new String(bytes, UTF_8) : "";
    int port = Math.toIntExact((Long) server.get(1));
    return new HostAndPort(host.isEmpty() || host.equals("?") ? asked.getHost() : host, port);
  }

  /** A connection to a server, to be given back or closed. */
  Wire wire(HostAndPort server) {
    Queue<Wire> free = idle.get(server);
    Wire wire = free == null ? null : free.poll();
    return wire != null ? wire : new Wire(server, requests);
  }

  /** Takes back a connection; closes it if something went wrong, and then all to that server. */
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

  /** What went wrong with a request to a server, with the address of that server. */
  StoreException failure(HostAndPort server, JedisException e) {
    String where = server.equals(seed) ? name : name + ", " + server;
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
