package io.heddle.purge.stores;

import io.heddle.purge.Deletion;
import io.heddle.purge.Details;
import io.heddle.purge.Outcome;
import io.heddle.purge.Page;
import io.heddle.purge.Property;
import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.purge.keys.KeyBytes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionFactory;
import redis.clients.jedis.ConnectionPool;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisRedirectionException;

/** A database of Redis or Valkey: SCAN to list, UNLINK to delete, many keys with one request. */
final class RedisStore implements Store {
  private static final int BATCH = 1000;
  private static final int CONCURRENCY = 8;
  private static final int CONNECTIONS = 1024;

  /** In the error of a user who may not use a command, whatever the keys. */
  private static final String NO_COMMAND = "no permissions to run the";

  private static final String NO_DATABASE = "ERR DB index is out of range";

  private final String name;
  private final ConnectionPool pool;
  private final KeptConnections<String> kept = new KeptConnections<>();
  private final boolean hasSentinels;

  /** Whether the server does not let the user ask for its run id. */
  private volatile boolean isAnonymous;

  private RedisStore(Address address) {
    String database = "Redis database " + address.database + " at ";
    this.name = database + address.place();
    this.hasSentinels = address.master != null;
    this.pool =
        new ConnectionPool(new ConnectionFactory(address.sockets(), address.config()), pool());
  }

  /**
   * How to reach a server.
   *
   * @param servers the server, or some servers of a cluster, or sentinels
   * @param socket the Unix socket of the server; null to use the network
   * @param master the name under which the sentinels watch the master; null without sentinels
   * @param database the number of the database; a cluster has only 0
   * @param user the user, empty for the default one
   * @param password the password, empty for none
   * @param sentinelUser the user of the sentinels, empty for the default one
   * @param sentinelPassword the password of the sentinels, empty for none
   * @param isSecure whether to use TLS
   */
  record Address(
      List<HostAndPort> servers,
      @Nullable Path socket,
      @Nullable String master,
      int database,
      String user,
      String password,
      String sentinelUser,
      String sentinelPassword,
      boolean isSecure,
      Network network) {
    JedisClientConfig config() {
      return config(user, password, database);
    }

    private JedisClientConfig config(String user, String password, int database) {
      var config =
          DefaultJedisClientConfig.builder()
              .connectionTimeoutMillis(network.timeoutMillis())
              .socketTimeoutMillis(network.timeoutMillis())
              .clientSetInfoConfig(ClientSetInfoConfig.DISABLED) // takes another permission
              .database(database);
      if (!user.isEmpty()) {
        config.user(user);
      }
      if (!password.isEmpty()) {
        config.password(password);
      }
      return config.build();
    }

    /** Opens connections to the server that has the keys. */
    JedisSocketFactory sockets() {
      if (socket != null) {
        return new UnixSockets(socket, network.timeoutMillis());
      }
      if (master != null) {
        return new Sentinels(
            servers,
            master,
            config(sentinelUser, sentinelPassword, 0),
            server -> sockets(server, network.timeoutMillis()));
      }
      return sockets(servers.getFirst(), network.timeoutMillis());
    }

    JedisSocketFactory sockets(HostAndPort server, int millis) {
      return new RedisSockets(server, isSecure, network, millis);
    }

    /** The address for people. */
    String place() {
      if (socket != null) {
        return socket.toString();
      }
      String all = servers.stream().map(HostAndPort::toString).collect(Collectors.joining(","));
      return master == null ? all : master + " of the sentinels " + all;
    }
  }

  /** Makes a client of a single server, which sentinels may name. Sends nothing yet. */
  static Store single(Address address) {
    return new RedisStore(address);
  }

  /** Makes a client of a cluster. Sends nothing yet: the first request asks for the servers. */
  static Store cluster(Address address) {
    return new RedisClusterStore(address);
  }

  private static ConnectionPoolConfig pool() {
    ConnectionPoolConfig pool = new ConnectionPoolConfig();
    pool.setMaxTotal(CONNECTIONS); // the caller limits the concurrency
    pool.setMaxIdle(CONNECTIONS);
    return pool;
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

  /** The position of a listing. */
  private record Cursor(String scan, String runId, RedisScan.Part part) {
    static Cursor parse(@Nullable String text) {
      String[] parts = text == null ? new String[0] : text.split("@", 3);
      return parts.length == 3
          ? new Cursor(parts[0], parts[1], RedisScan.Part.parse(parts[2]))
          // not one of ours: the beginning is always right
          : new Cursor(RedisScan.START, "", RedisScan.Part.WHOLE);
    }

    @Override
    public String toString() {
      return scan + "@" + runId + "@" + part;
    }
  }

  /** Ranges of the hash table, if the server goes through it in the usual order. */
  @Override
  public List<String> parts(String prefix, int wanted) throws StoreException, InterruptedException {
    if (wanted < 2 || !call(RedisScan::isOrdered)) {
      return List.of();
    }
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(wanted - 1);
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < 1 << bits; i++) {
      RedisScan.Part part = new RedisScan.Part(i, bits);
      parts.add(new Cursor(part.start(), "", part).toString());
    }
    return parts;
  }

  @Override
  public Page list(String prefix, @Nullable String cursor, int limit)
      throws StoreException, InterruptedException {
    Cursor at = Cursor.parse(cursor);
    RedisScan.Result found = scan(at, prefix, limit);
    return new Page(
        found.keys(),
        found.isLast() ? null : new Cursor(found.next(), found.runId(), at.part).toString());
  }

  private RedisScan.Result scan(Cursor at, String prefix, int limit)
      throws StoreException, InterruptedException {
    if (!isAnonymous) {
      try {
        return call(
            connection -> RedisScan.scan(connection, at.scan, at.runId, at.part, prefix, limit));
      } catch (RedisScan.NoIdentityException e) {
        isAnonymous = true;
      }
    }
    return guarded(
        () -> kept.scan("", pool::getResource, at.scan, at.runId, at.part, prefix, limit));
  }

  @Override
  public OptionalLong count(String prefix) throws StoreException, InterruptedException {
    if (!prefix.isEmpty()) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(call(connection -> (Long) connection.executeCommand(Command.DBSIZE)));
    } catch (StoreException e) {
      if (e.reason().equals("NOPERM")) {
        return OptionalLong.empty(); // a user who may only delete
      }
      throw e;
    }
  }

  @Override
  public Set<Property> properties() {
    return RedisDetails.PROPERTIES;
  }

  @Override
  public List<@Nullable Details> details(List<String> keys, Set<Property> wanted)
      throws StoreException, InterruptedException {
    return call(connection -> RedisDetails.read(connection, keys, wanted));
  }

  /** The server reports how many keys existed, but not which. Only the counts are correct. */
  @Override
  public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
    byte[][] keys = batch.stream().map(KeyBytes::of).toArray(byte[][]::new);
    long deleted =
        call(connection -> {
          connection.sendCommand(Command.UNLINK, keys);
          return connection.getIntegerReply();
        });
    return new Deletion(Outcome.ofCount(deleted, keys.length), Duration.ZERO);
  }

  private <T> T call(Function<Connection, T> call) throws StoreException, InterruptedException {
    return guarded(() -> {
      try (Connection connection = pool.getResource()) {
        return call.apply(connection);
      }
    });
  }

  private <T> T guarded(Supplier<T> request) throws StoreException, InterruptedException {
    try {
      return request.get();
    } catch (JedisException e) {
      if (Thread.interrupted()) {
        throw (InterruptedException) new InterruptedException(name).initCause(e);
      }
      StoreException failure = failure(name, e);
      if (hasSentinels && failure.reason().equals("READONLY")) {
        pool.clear(); // the sentinels have made another server the master
        throw new StoreException(
            Kind.UNAVAILABLE, "READONLY", String.valueOf(failure.getMessage()), null, e);
      }
      throw failure;
    }
  }

  static StoreException failure(String name, JedisException e) {
    Throwable answer = Causes.find(e, RedisStore::isAnswer);
    if (answer != null) {
      String text = String.valueOf(answer.getMessage());
      String code = text.contains(" ") ? text.substring(0, text.indexOf(' ')) : text;
      Kind kind =
          switch (code) {
            case "NOAUTH", "WRONGPASS" -> Kind.UNAUTHORISED;
            case "NOPERM" -> text.contains(NO_COMMAND) ? Kind.UNAUTHORISED : Kind.FORBIDDEN;
            case "READONLY" -> Kind.FORBIDDEN;
            case "NOMASTER" -> Kind.NOT_FOUND;
            case "LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN" -> Kind.UNAVAILABLE;
            default -> text.startsWith(NO_DATABASE) ? Kind.NOT_FOUND : Kind.INVALID;
          };
      return new StoreException(kind, code, name + ": " + text, null, e);
    }
    return NetworkFailure.of(name, e);
  }

  /** Whether the error is the server's answer, which the client wraps. */
  private static boolean isAnswer(Throwable e) {
    return e instanceof JedisDataException && !(e instanceof JedisRedirectionException);
  }

  @Override
  public void close() {
    kept.close();
    pool.close();
  }
}
