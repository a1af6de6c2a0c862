package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.purge.Deletion;
import io.heddle.purge.Outcome;
import io.heddle.purge.Page;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisRedirectionException;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;
import redis.clients.jedis.util.Pool;

/**
 * A database of Redis or Valkey, or a cluster of them: SCAN to list, UNLINK to delete, many keys
 * with one request.
 *
 * <p>The cursor of a SCAN is one of the server's hash table. It outlives a connection, but not the
 * server: after a restart it would skip keys. So ours has the server's run id with it, and if that
 * has changed the listing of that server begins anew.
 */
public final class RedisStore implements Store {
  private static final int BATCH = 1000;
  private static final int CONCURRENCY = 8;
  private static final int CONNECTIONS = 1024;
  private static final Pattern RUN_ID = Pattern.compile("run_id:(\\w+)");
  private static final String START = "0";
  private static final String NO_DATABASE = "ERR DB index is out of range";

  private final String name;
  private final UnifiedJedis client;
  private final @Nullable RedisClusterClient cluster;
  private final @Nullable Pool<Connection> single;

  /** Where a listing is. */
  private record Cursor(String scan, String runId, String node) {
    static Cursor parse(String text) {
      String[] parts = text.split("@", 3);
      return parts.length == 3
          ? new Cursor(parts[0], parts[1], parts[2])
          : new Cursor(START, "", ""); // not one of ours: the beginning is always right
    }

    @Override
    public String toString() {
      return scan + "@" + runId + "@" + node;
    }
  }

  private RedisStore(
      String name,
      UnifiedJedis client,
      @Nullable RedisClusterClient cluster,
      @Nullable Pool<Connection> single) {
    this.name = name;
    this.client = client;
    this.cluster = cluster;
    this.single = single;
  }

  /**
   * How to reach a server.
   *
   * @param host its host
   * @param port its port
   * @param database the number of the database; a cluster has only 0
   * @param user the user, empty for the default one
   * @param password the password, empty for none
   * @param isSecure whether to use TLS
   * @param timeout how long to wait for an answer
   */
  public record Address(
      String host,
      int port,
      int database,
      String user,
      String password,
      boolean isSecure,
      Duration timeout) {
    private JedisClientConfig config() {
      var config =
          DefaultJedisClientConfig.builder()
              .connectionTimeoutMillis(Math.toIntExact(timeout.toMillis()))
              .socketTimeoutMillis(Math.toIntExact(timeout.toMillis()))
              .database(database);
      if (isSecure) {
        config.sslOptions(SslOptions.defaults());
      }
      if (!user.isEmpty()) {
        config.user(user);
      }
      if (!password.isEmpty()) {
        config.password(password);
      }
      return config.build();
    }

    private HostAndPort node() {
      return new HostAndPort(host, port);
    }

    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  /**
   * Makes a client of a single server.
   *
   * @param address how to reach it
   * @return the store
   */
  public static RedisStore single(Address address) {
    RedisClient client =
        RedisClient.builder()
            .hostAndPort(address.node())
            .clientConfig(address.config())
            .poolConfig(pool())
            .build();
    String name = "Redis database " + address.database + " at " + address;
    return new RedisStore(name, client, null, client.getPool());
  }

  /**
   * Makes a client of a cluster. Sends nothing yet: the first request asks what servers there are.
   *
   * @param address how to reach one of its servers
   * @return the store
   */
  public static Store cluster(Address address) {
    String name = "Redis cluster at " + address;
    return new ConnectingStore(name, BATCH, CONCURRENCY, () -> cluster(name, address));
  }

  private static Store cluster(String name, Address address) throws StoreException {
    try {
      RedisClusterClient client =
          RedisClusterClient.builder()
              .nodes(Set.of(address.node()))
              .clientConfig(address.config())
              .poolConfig(pool())
              .build();
      return new RedisStore(name, client, client, null);
    } catch (JedisException e) {
      throw failure(name, e);
    }
  }

  private static ConnectionPoolConfig pool() {
    ConnectionPoolConfig pool = new ConnectionPoolConfig();
    pool.setMaxTotal(CONNECTIONS); // whoever uses the store says how many
    pool.setMaxIdle(CONNECTIONS);
    return pool;
  }

  @Override
  public String name() {
    return name;
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
  public Page list(String prefix, @Nullable String cursor, int limit)
      throws StoreException, InterruptedException {
    return call(() -> {
      NavigableMap<String, Pool<Connection>> nodes = nodes();
      Cursor at = cursor == null ? new Cursor(START, "", "") : Cursor.parse(cursor);
      Pool<Connection> node = nodes.get(at.node);
      if (node == null) { // a new listing, or the cluster has changed
        at = new Cursor(START, "", nodes.firstKey());
        node = nodes.firstEntry().getValue();
      }
      return scan(nodes, node, at, prefix, limit);
    });
  }

  private static Page scan(
      NavigableMap<String, Pool<Connection>> nodes,
      Pool<Connection> node,
      Cursor at,
      String prefix,
      int limit) {
    ScanParams params = new ScanParams().count(limit);
    if (!prefix.isEmpty()) {
      params.match(KeyBytes.of(glob(prefix) + "*"));
    }
    try (Connection connection = node.getResource();
        Pipeline pipeline = new Pipeline(connection)) {
      Response<Object> info = pipeline.sendCommand(Protocol.Command.INFO, "server");
      Response<ScanResult<byte[]>> scan = pipeline.scan(at.scan.getBytes(UTF_8), params);
      pipeline.sync();
      String runId = runId(info.get());
      boolean isSame = at.scan.equals(START) || at.runId.equals(runId);
      if (!isSame) {
        scan = pipeline.scan(START.getBytes(UTF_8), params);
        pipeline.sync();
      }
      List<String> keys = scan.get().getResult().stream().map(KeyBytes::text).toList();
      String next = scan.get().getCursor();
      if (!next.equals(START)) {
        return new Page(keys, new Cursor(next, runId, at.node).toString());
      }
      String nextNode = nodes.higherKey(at.node);
      return new Page(keys, nextNode == null ? null : new Cursor(START, "", nextNode).toString());
    }
  }

  private static String runId(Object info) {
    Matcher matcher = RUN_ID.matcher(new String((byte[]) info, UTF_8));
    return matcher.find() ? matcher.group(1) : "";
  }

  private static String glob(String prefix) {
    return prefix.replaceAll("[\\\\*?\\[\\]]", "\\\\$0");
  }

  /** The servers that have keys of their own, in an order that stays. */
  private NavigableMap<String, Pool<Connection>> nodes() {
    NavigableMap<String, Pool<Connection>> nodes = new TreeMap<>();
    if (single != null) {
      nodes.put("-", single);
    }
    if (cluster != null) {
      for (Map.Entry<String, ? extends Pool<Connection>> node :
          cluster.getClusterNodes().entrySet()) {
        try (Connection connection = node.getValue().getResource()) {
          if (new Jedis(connection).role().getFirst().equals("master")) {
            nodes.put(node.getKey(), node.getValue());
          }
        }
      }
    }
    return nodes;
  }

  @Override
  public OptionalLong count(String prefix) throws StoreException, InterruptedException {
    return prefix.isEmpty() ? OptionalLong.of(call(this::size)) : OptionalLong.empty();
  }

  private long size() {
    long size = 0;
    for (Pool<Connection> node : nodes().values()) {
      try (Connection connection = node.getResource()) {
        size += new Jedis(connection).dbSize();
      }
    }
    return size;
  }

  @Override
  public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
    return call(() ->
        new Deletion(
            cluster == null ? unlinkTogether(batch) : unlinkOneByOne(batch), Duration.ZERO));
  }

  /**
   * The server says how many keys were there, not which. So it is only the numbers that are right.
   */
  private List<Outcome> unlinkTogether(List<String> batch) {
    long deleted = client.unlink(batch.stream().map(KeyBytes::of).toArray(byte[][]::new));
    List<Outcome> outcomes = new ArrayList<>(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      outcomes.add(Outcome.of(i < deleted));
    }
    return outcomes;
  }

  /** In a cluster, the keys of one command have to live in the same slot. */
  private List<Outcome> unlinkOneByOne(List<String> batch) {
    List<Response<Long>> answers = new ArrayList<>(batch.size());
    try (AbstractPipeline pipeline = client.pipelined()) {
      for (String key : batch) {
        answers.add(pipeline.unlink(KeyBytes.of(key)));
      }
      pipeline.sync();
    }
    List<Outcome> outcomes = new ArrayList<>(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      outcomes.add(outcome(batch.get(i), answers.get(i)));
    }
    return outcomes;
  }

  private Outcome outcome(String key, Response<Long> answer) {
    try {
      return Outcome.of(answer.get() > 0);
    } catch (
        JedisRedirectionException e) { // the slot has moved: without pipeline we are redirected
      return Outcome.of(client.unlink(KeyBytes.of(key)) > 0);
    } catch (JedisException e) {
      return new Outcome.Failed(failure(name, e), 1);
    }
  }

  @FunctionalInterface
  private interface Call<T> {
    T send();
  }

  private <T> T call(Call<T> call) throws StoreException, InterruptedException {
    try {
      return call.send();
    } catch (JedisException e) {
      if (Thread.interrupted()) {
        throw (InterruptedException) new InterruptedException(name).initCause(e);
      }
      throw failure(name, e);
    }
  }

  private static StoreException failure(String name, JedisException e) {
    Throwable answer = Causes.find(e, RedisStore::isAnswer);
    if (answer != null) {
      String text = String.valueOf(answer.getMessage());
      String code = text.contains(" ") ? text.substring(0, text.indexOf(' ')) : text;
      Kind kind =
          switch (code) {
            case "NOAUTH", "WRONGPASS" -> Kind.UNAUTHORISED;
            case "NOPERM", "READONLY" -> Kind.FORBIDDEN;
            case "LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN" -> Kind.UNAVAILABLE;
            default -> text.startsWith(NO_DATABASE) ? Kind.NOT_FOUND : Kind.INVALID;
          };
      return new StoreException(kind, code, name + ": " + text, null, e);
    }
    return NetworkFailure.of(name, e);
  }

  /** Whether the server said that, which the client of a cluster hides behind what it could not. */
  private static boolean isAnswer(Throwable e) {
    return e instanceof JedisDataException && !(e instanceof JedisRedirectionException);
  }

  @Override
  public void close() {
    client.close();
  }
}
