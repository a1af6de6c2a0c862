package io.heddle.purge.stores;

import io.heddle.purge.Store;
import io.heddle.purge.StoreException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Opens a store by its address. */
public final class Stores {
  private static final int MAX_PORT = 65_535;

  private Stores() {}

  /**
   * What is needed besides the address.
   *
   * @param environment the process's variables, for secrets
   * @param timeout how long to wait for an answer
   * @param generation the generation that a key must have to be deleted, null for any
   * @param pipeline how many HTTP requests to send at once on a connection
   */
  public record Access(
      Map<String, String> environment, Duration timeout, @Nullable Long generation, int pipeline) {
    String variable(String name, String otherwise) {
      String value = environment.get(name);
      return value == null || value.isEmpty() ? otherwise : value;
    }
  }

  /**
   * Opens a store.
   *
   * <ul>
   *   <li>{@code fastly:ID}, with the API token in {@code FASTLY_API_TOKEN} and, if it is not the
   *       service itself, the base address in {@code FASTLY_API_ENDPOINT}
   *   <li>{@code redis://USER@HOST:PORT/DATABASE}, {@code rediss} with TLS, {@code valkey} and
   *       {@code valkeys} likewise, and {@code redis-cluster} or {@code valkey-cluster} for a
   *       cluster; the password is in {@code REDIS_PASSWORD}
   *   <li>{@code etcd://HOST:PORT}, {@code etcds} with TLS; the user is in {@code ETCD_USER} and
   *       the password in {@code ETCD_PASSWORD}
   *   <li>{@code nats://HOST:PORT/BUCKET}; the token is in {@code NATS_TOKEN}
   * </ul>
   *
   * @param address the store's address
   * @param access what is needed besides
   * @return the store
   * @throws IllegalArgumentException if the address is none of these, or a generation is wanted of
   *     keys that have none
   * @throws StoreException if a connection is needed and fails
   * @throws InterruptedException if the thread is interrupted
   */
  public static Store open(String address, Access access)
      throws StoreException, InterruptedException {
    int colon = address.indexOf(':');
    String scheme = colon < 0 ? "" : address.substring(0, colon);
    if (access.generation() != null && !scheme.equals("fastly")) {
      throw new IllegalArgumentException(
          "only the keys of fastly:ID have generations: --if-generation-match is not for "
              + address);
    }
    return switch (scheme) {
      case "fastly" -> fastly(address.substring(colon + 1), access);
      case "redis", "valkey" -> RedisStore.single(redis(uri(address), false, access));
      case "rediss", "valkeys" -> RedisStore.single(redis(uri(address), true, access));
      case "redis-cluster", "valkey-cluster" ->
          RedisStore.cluster(redis(uri(address), false, access));
      case "etcd" -> etcd(uri("http" + address.substring(colon)), access);
      case "etcds" -> etcd(uri("https" + address.substring(colon)), access);
      case "nats" -> nats(uri(address), access);
      default ->
          throw new IllegalArgumentException(
              "'"
                  + address
                  + "' is no address of a store: fastly:ID, redis://HOST:PORT/DB,"
                  + " redis-cluster://HOST:PORT, etcd://HOST:PORT or nats://HOST:PORT/BUCKET");
    };
  }

  private static URI uri(String address) {
    URI uri = URI.create(address);
    if (uri.getPort() > MAX_PORT) {
      throw new IllegalArgumentException("'" + address + "' has a port above " + MAX_PORT);
    }
    return uri;
  }

  private static RedisStore.Address redis(URI uri, boolean isSecure, Access access) {
    String database = path(uri);
    if (uri.getHost() == null || !database.matches("\\d{0,9}")) {
      throw new IllegalArgumentException("'" + uri + "' is not like redis://HOST:PORT/0");
    }
    return new RedisStore.Address(
        uri.getHost(),
        uri.getPort() < 0 ? 6379 : uri.getPort(),
        database.isEmpty() ? 0 : Integer.parseInt(database),
        uri.getUserInfo() == null ? "" : uri.getUserInfo(),
        access.variable("REDIS_PASSWORD", ""),
        isSecure,
        access.timeout());
  }

  private static Store etcd(URI uri, Access access) throws StoreException, InterruptedException {
    if (uri.getHost() == null) {
      throw new IllegalArgumentException("an etcd address is like etcd://HOST:2379");
    }
    String user = access.variable("ETCD_USER", "");
    String token =
        user.isEmpty()
            ? ""
            : EtcdStore.authenticate(
                uri, user, access.variable("ETCD_PASSWORD", ""), access.timeout());
    return new EtcdStore(uri, token, access.timeout());
  }

  private static Store nats(URI uri, Access access) throws StoreException, InterruptedException {
    String bucket = path(uri);
    if (uri.getHost() == null || bucket.isEmpty()) {
      throw new IllegalArgumentException("'" + uri + "' is not like nats://HOST:4222/BUCKET");
    }
    return NatsStore.connect(
        "nats://" + uri.getAuthority(),
        bucket,
        access.variable("NATS_TOKEN", ""),
        access.timeout());
  }

  private static String path(URI uri) {
    return uri.getPath() == null ? "" : uri.getPath().replaceFirst("^/", "");
  }

  private static Store fastly(String id, Access access) {
    String token = access.variable("FASTLY_API_TOKEN", "");
    if (token.isEmpty()) {
      throw new IllegalArgumentException("set FASTLY_API_TOKEN to the API token");
    }
    if (id.isEmpty()) {
      throw new IllegalArgumentException("a Fastly KV store is named by its id: fastly:ID");
    }
    String endpoint = access.variable("FASTLY_API_ENDPOINT", FastlyStore.SERVICE.toString());
    if (!endpoint.matches("https?://.+")) {
      throw new IllegalArgumentException(
          "FASTLY_API_ENDPOINT is '" + endpoint + "', which is not like " + FastlyStore.SERVICE);
    }
    return new FastlyStore(
        uri(endpoint), id, token, access.timeout(), access.generation(), access.pipeline());
  }
}
