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
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisRedirectionException;

/** A database of Redis or Valkey: SCAN to list, UNLINK to delete, many keys with one request. */
public final class RedisStore implements Store {
  private static final int BATCH = 1000;
  private static final int CONCURRENCY = 8;
  private static final int CONNECTIONS = 1024;

  /** In the error of a user who may not use a command, whatever the keys. */
  private static final String NO_COMMAND = "no permissions to run the";

  private static final String NO_DATABASE = "ERR DB index is out of range";

  private final String name;
  private final RedisClient client;

  private RedisStore(String name, RedisClient client) {
    this.name = name;
    this.client = client;
  }

  /**
   * How to reach a server.
   *
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
    JedisClientConfig config() {
      return config(Math.toIntExact(timeout.toMillis()));
    }

    JedisClientConfig config(int timeoutMillis) {
      var config =
          DefaultJedisClientConfig.builder()
              .connectionTimeoutMillis(timeoutMillis)
              .socketTimeoutMillis(timeoutMillis)
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

    HostAndPort node() {
      return new HostAndPort(host, port);
    }

    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  /** Makes a client of a single server. Sends nothing yet. */
  public static RedisStore single(Address address) {
    RedisClient client =
        RedisClient.builder()
            .hostAndPort(address.node())
            .clientConfig(address.config())
            .poolConfig(pool())
            .build();
    return new RedisStore("Redis database " + address.database + " at " + address, client);
  }

  /**
   * Makes a client of a cluster. Sends nothing yet: the first request asks for the servers.
   *
   * @param address how to reach one of its servers
   */
  public static Store cluster(Address address) {
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

  /** The position of a listing. Earlier versions wrote a third part. */
  private record Cursor(String scan, String runId) {
    static Cursor parse(@Nullable String text) {
      String[] parts = text == null ? new String[0] : text.split("@", 3);
      return parts.length == 3
          ? new Cursor(parts[0], parts[1])
          : new Cursor(RedisScan.START, ""); // not one of ours: the beginning is always right
    }

    @Override
    public String toString() {
      return scan + "@" + runId + "@-";
    }
  }

  @Override
  public Page list(String prefix, @Nullable String cursor, int limit)
      throws StoreException, InterruptedException {
    Cursor at = Cursor.parse(cursor);
    RedisScan.Result found =
        call(() -> {
          try (Connection connection = client.getPool().getResource()) {
            return RedisScan.scan(connection, at.scan, at.runId, prefix, limit);
          }
        });
    return new Page(
        found.keys(), found.isLast() ? null : new Cursor(found.next(), found.runId()).toString());
  }

  @Override
  public OptionalLong count(String prefix) throws StoreException, InterruptedException {
    return prefix.isEmpty() ? OptionalLong.of(call(client::dbSize)) : OptionalLong.empty();
  }

  @Override
  public Set<Property> properties() {
    return RedisDetails.PROPERTIES;
  }

  @Override
  public List<@Nullable Details> details(List<String> keys, Set<Property> wanted)
      throws StoreException, InterruptedException {
    return call(() -> {
      try (Connection connection = client.getPool().getResource()) {
        return RedisDetails.read(connection, keys, wanted);
      }
    });
  }

  /** The server reports how many keys existed, but not which. Only the counts are correct. */
  @Override
  public Deletion delete(List<String> batch) throws StoreException, InterruptedException {
    byte[][] keys = batch.stream().map(KeyBytes::of).toArray(byte[][]::new);
    long deleted = call(() -> client.unlink(keys));
    return new Deletion(Outcome.ofCount(deleted, keys.length), Duration.ZERO);
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
    client.close();
  }
}
