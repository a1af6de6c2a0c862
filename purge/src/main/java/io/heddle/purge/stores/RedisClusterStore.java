package io.heddle.purge.stores;

import io.heddle.purge.Deletion;
import io.heddle.purge.Details;
import io.heddle.purge.Outcome;
import io.heddle.purge.Page;
import io.heddle.purge.Property;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.keys.KeyBytes;
import io.heddle.purge.stores.RedisCluster.Topology;
import io.heddle.purge.stores.RedisCluster.Wire;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisAskDataException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * A cluster of Redis or Valkey servers: SCAN of one master after the other, UNLINK for each key,
 * with many requests on a connection before the first answer.
 *
 * <p>A listing goes by slots: its cursor names the first slot of the current master. After a
 * failover another server has this slot. It has another run id, so its SCAN starts over.
 *
 * <p>Deletions that a master had not replicated when it died are undone. A deleted key can
 * therefore reappear; the final listing of the cluster finds it.
 */
final class RedisClusterStore implements Store {
  private static final int BATCH = 1000;
  private static final int CONCURRENCY = 8;

  /** Stands for the missing master of a slot. */
  private static final HostAndPort NOBODY = new HostAndPort("", 0);

  private final String name;
  private final RedisCluster cluster;
  private final KeptConnections<HostAndPort> kept = new KeptConnections<>();

  /** Whether the servers do not let the user ask for their run ids. */
  private volatile boolean isAnonymous;

  RedisClusterStore(RedisStore.Address address) {
    this.name = "Redis cluster at " + address.place();
    this.cluster = new RedisCluster(name, address);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long usualRate() {
    return 200_000;
  }

  @Override
  public int batchLimit() {
    return BATCH;
  }

  @Override
  public int concurrency() {
    return CONCURRENCY;
  }

  @Override
  public @Nullable String refusal(String key) {
    return Refusal.unlessBytes(key);
  }

  /**
   * The position of a listing: in the SCAN of the server that has a slot.
   *
   * @param end the slot at which the listing ends
   */
  private record Cursor(String scan, String runId, int slot, int end) {
    static Cursor parse(@Nullable String text) {
      String[] parts = text == null ? new String[0] : text.split("@", 3);
      if (parts.length != 3 || !parts[2].matches("\\d{1,5}(-\\d{1,5})?")) {
        return start(0, RedisCluster.SLOTS); // not one of ours: the beginning is always right
      }
      String[] slots = parts[2].split("-", 2);
      int end = slots.length == 1 ? RedisCluster.SLOTS : Integer.parseInt(slots[1]);
      return new Cursor(parts[0], parts[1], Integer.parseInt(slots[0]), end);
    }

    static Cursor start(int slot, int end) {
      return new Cursor(RedisScan.START, "", slot, end);
    }

    @Override
    public String toString() {
      return scan + "@" + runId + "@" + slot + (end == RedisCluster.SLOTS ? "" : "-" + end);
    }
  }

  /** One for each master, whose slots may be in several ranges. */
  @Override
  public List<String> parts(String prefix, int wanted) throws StoreException, InterruptedException {
    NavigableMap<Integer, HostAndPort> masters = cluster.topology().masters();
    List<String> parts = new ArrayList<>();
    for (int slot : masters.keySet()) {
      Integer next = masters.higherKey(slot);
      parts.add(Cursor.start(slot, next == null ? RedisCluster.SLOTS : next).toString());
    }
    return parts;
  }

  @Override
  public Page list(String prefix, @Nullable String cursor, int limit)
      throws StoreException, InterruptedException {
    Cursor at = Cursor.parse(cursor);
    RedisScan.Result found = scan(at, prefix, limit);
    if (!found.isLast()) {
      return new Page(
          found.keys(), new Cursor(found.next(), found.runId(), at.slot, at.end).toString());
    }
    Integer next = cluster.topology().masters().higherKey(at.slot);
    boolean isLast = next == null || next >= at.end;
    return new Page(found.keys(), isLast ? null : Cursor.start(next, at.end).toString());
  }

  private RedisScan.Result scan(Cursor at, String prefix, int limit)
      throws StoreException, InterruptedException {
    if (!isAnonymous) {
      try {
        return send(
            at.slot,
            (_, wire) -> {
              RedisScan.Result step =
                  RedisScan.scan(wire, at.scan, at.runId, RedisScan.Part.WHOLE, prefix, limit);
              RedisScan.checkIsMaster(wire);
              return step;
            });
      } catch (RedisScan.NoIdentityException e) {
        isAnonymous = true;
      }
    }
    return send(
        at.slot,
        (server, wire) -> {
          RedisScan.checkIsMaster(wire);
          return kept.scan(
              server,
              () -> cluster.newWire(server),
              at.scan,
              at.runId,
              RedisScan.Part.WHOLE,
              prefix,
              limit);
        });
  }

  @Override
  public OptionalLong count(String prefix) throws StoreException, InterruptedException {
    if (!prefix.isEmpty()) {
      return OptionalLong.empty();
    }
    long size = 0;
    try {
      for (int slot : cluster.topology().masters().keySet()) {
        size += send(slot, (_, wire) -> (Long) wire.executeCommand(Command.DBSIZE));
      }
    } catch (StoreException e) {
      if (e.reason().equals("NOPERM")) {
        return OptionalLong.empty(); // a user who may only delete
      }
      throw e;
    }
    return OptionalLong.of(size);
  }

  @Override
  public Set<Property> properties() {
    return RedisDetails.PROPERTIES;
  }

  /** If a slot moves meanwhile, the request fails, and the caller repeats it. */
  @Override
  public List<@Nullable Details> details(List<String> keys, Set<Property> wanted)
      throws StoreException, InterruptedException {
    Topology topology = cluster.topology();
    Map<Object, List<Integer>> parts = new LinkedHashMap<>();
    int[] slots = new int[keys.size()];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = JedisClusterCRC16.getSlot(KeyBytes.of(keys.get(i)));
      HostAndPort owner = topology.owners()[slots[i]];
      parts.computeIfAbsent(owner == null ? NOBODY : owner, _ -> new ArrayList<>()).add(i);
    }
    @Nullable Details[] details = new Details[slots.length];
    for (List<Integer> part : parts.values()) {
      List<String> some = part.stream().map(keys::get).toList();
      List<@Nullable Details> read =
          send(slots[part.getFirst()], (_, wire) -> RedisDetails.read(wire, some, wanted));
      for (int i = 0; i < read.size(); i++) {
        details[part.get(i)] = read.get(i);
      }
    }
    return Arrays.asList(details);
  }

  @FunctionalInterface
  private interface Request<T> {
    T send(HostAndPort server, Wire wire);
  }

  /** Sends a request to the master that has a slot, even if the master changes meanwhile. */
  private <T> T send(int slot, Request<T> request) throws StoreException, InterruptedException {
    RedisCluster.Wait wait = cluster.new Wait();
    Topology topology = cluster.topology();
    while (true) {
      HostAndPort server = topology.owners()[slot];
      StoreException failure;
      try {
        if (server != null) {
          T answer = sendTo(server, request);
          cluster.succeeded(server);
          return answer;
        }
        failure = cluster.noOwner(slot);
      } catch (JedisException e) {
        failure = failure(server, e);
      }
      if (!isWorthWaiting(wait, server, failure)) {
        throw failure;
      }
      topology = changed(topology, failure);
    }
  }

  private <T> T sendTo(HostAndPort server, Request<T> request) {
    Wire wire = cluster.wire(server);
    boolean isGood = false;
    try {
      T answer = request.send(server, wire);
      isGood = true;
      return answer;
    } finally {
      cluster.giveBack(server, wire, isGood);
    }
  }

  private StoreException failure(@Nullable HostAndPort server, JedisException e)
      throws InterruptedException {
    if (Thread.interrupted()) {
      throw (InterruptedException) new InterruptedException(name).initCause(e);
    }
    return server == null ? RedisStore.failure(name, e) : cluster.failure(server, e);
  }

  private static boolean isWorthWaiting(
      RedisCluster.Wait wait, @Nullable HostAndPort server, StoreException failure) {
    return isTransient(failure) && wait.isWorthwhile(server == null ? NOBODY : server);
  }

  /** Waits for a failover; if the topology cannot be queried, throws the request's own failure. */
  private Topology changed(Topology topology, StoreException failure)
      throws StoreException, InterruptedException {
    try {
      return cluster.changed(topology);
    } catch (StoreException e) {
      failure.addSuppressed(e);
      throw failure;
    }
  }

  /** Whether a failover resolves it. A master that has become a replica answers READONLY. */
  private static boolean isTransient(StoreException failure) {
    return failure.kind().isRetryable() || failure.reason().equals("READONLY");
  }

  @Override
  public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
    byte[][] keys = batch.stream().map(KeyBytes::of).toArray(byte[][]::new);
    @Nullable Outcome[] outcomes = new Outcome[keys.length];
    RedisCluster.Wait wait = cluster.new Wait();
    List<Integer> open = IntStream.range(0, keys.length).boxed().toList();
    Topology topology = cluster.topology();
    while (true) {
      new Attempt(topology, wait, keys, outcomes).send(open);
      open = open.stream().filter(i -> outcomes[i] == null).toList();
      if (open.isEmpty()) {
        break;
      }
      try {
        topology = cluster.changed(topology);
      } catch (StoreException e) { // some of the keys may be deleted
        open.forEach(i -> outcomes[i] = new Outcome.Failed(e, 1));
        break;
      }
    }
    return new Deletion(
        Arrays.stream(outcomes).map(Objects::requireNonNull).toList(), Duration.ZERO);
  }

  /** Sends the deletions of some keys once, each to the master of its slot. */
  private final class Attempt {
    private final Topology topology;
    private final RedisCluster.Wait wait;
    private final byte[][] keys;
    private final @Nullable Outcome[] outcomes;

    Attempt(
        Topology topology, RedisCluster.Wait wait, byte[][] keys, @Nullable Outcome[] outcomes) {
      this.topology = topology;
      this.wait = wait;
      this.keys = keys;
      this.outcomes = outcomes;
    }

    /** Keys without an outcome afterwards must be sent again. */
    void send(List<Integer> open) throws InterruptedException {
      Map<HostAndPort, List<Integer>> parts = new LinkedHashMap<>();
      for (int i : open) {
        int slot = JedisClusterCRC16.getSlot(keys[i]);
        HostAndPort server = topology.owners()[slot];
        if (server == null) {
          failed(List.of(i), null, cluster.noOwner(slot));
        } else {
          parts.computeIfAbsent(server, _ -> new ArrayList<>()).add(i);
        }
      }
      Map<HostAndPort, Wire> sent = new LinkedHashMap<>();
      try {
        for (Map.Entry<HostAndPort, List<Integer>> part : parts.entrySet()) {
          push(part.getKey(), part.getValue(), sent);
        }
        for (Map.Entry<HostAndPort, Wire> one : List.copyOf(sent.entrySet())) {
          HostAndPort server = one.getKey();
          read(server, one.getValue(), parts.getOrDefault(server, List.of()));
          sent.remove(server);
        }
      } finally {
        sent.forEach((server, wire) -> cluster.giveBack(server, wire, false));
      }
    }

    private void push(HostAndPort server, List<Integer> part, Map<HostAndPort, Wire> sent)
        throws InterruptedException {
      try {
        Wire wire = cluster.wire(server);
        sent.put(server, wire);
        for (int i : part) {
          wire.sendCommand(Command.UNLINK, keys[i]);
        }
        wire.push();
      } catch (JedisException e) {
        Wire broken = sent.remove(server);
        if (broken != null) {
          cluster.giveBack(server, broken, false);
        }
        failed(part, server, failure(server, e));
      }
    }

    private void read(HostAndPort server, Wire wire, List<Integer> part)
        throws InterruptedException {
      int done = 0;
      try {
        for (int i : part) {
          readOne(server, wire, i);
          done++;
        }
        cluster.giveBack(server, wire, true);
      } catch (JedisException e) {
        cluster.giveBack(server, wire, false);
        failed(part.subList(done, part.size()), server, failure(server, e));
      }
    }

    private void readOne(HostAndPort server, Wire wire, int i) throws InterruptedException {
      try {
        outcomes[i] = Outcome.of((Long) wire.getOne() > 0);
        cluster.succeeded(server);
      } catch (JedisAskDataException e) { // the slot is being moved, and the key with it
        outcomes[i] = ask(e.getTargetNode(), i);
      } catch (JedisDataException e) {
        failed(List.of(i), server, failure(server, e));
      }
    }

    private @Nullable Outcome ask(HostAndPort target, int i) throws InterruptedException {
      try {
        return sendTo(
            target,
            (_, wire) -> {
              wire.executeCommand(Command.ASKING);
              wire.sendCommand(Command.UNLINK, keys[i]);
              return Outcome.of((Long) wire.getOne() > 0);
            });
      } catch (JedisException e) {
        StoreException failure = failure(target, e);
        return isWorthWaiting(wait, target, failure) ? null : new Outcome.Failed(failure, 1);
      }
    }

    private void failed(List<Integer> part, @Nullable HostAndPort server, StoreException failure) {
      if (!isWorthWaiting(wait, server, failure)) {
        part.forEach(i -> outcomes[i] = new Outcome.Failed(failure, 1));
      }
    }
  }

  @Override
  public void close() {
    kept.close();
    cluster.close();
  }
}
