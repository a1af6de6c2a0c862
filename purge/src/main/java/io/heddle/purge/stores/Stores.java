package io.heddle.purge.stores;

import io.heddle.purge.Store;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Opens a store by its address. */
public final class Stores {
  private static final int MAX_PORT = 65_535;
  private static final String SERVICE = FastlyStore.SERVICE.toString();

  private Stores() {}

  /**
   * The settings besides the address.
   *
   * @param environment the environment variables of the process, for secrets
   * @param timeout how long to wait for an answer
   * @param generation the generation that a key must have to be deleted, null for any
   * @param pipeline how many HTTP requests to send at once on a connection
   */
  public record Access(
      Map<String, String> environment, Duration timeout, @Nullable Long generation, int pipeline) {
    String variable(String name, String otherwise) {
      String value = environment.get(name);
      if (value != null && value.indexOf('\ufffd') >= 0) {
        throw new IllegalArgumentException(name + " is not UTF-8");
      }
      return value == null || value.isEmpty() ? otherwise : value;
    }
  }

  /**
   * Opens a store. Sends nothing yet.
   *
   * <ul>
   *   <li>{@code fastly:ID}, with the API token in {@code FASTLY_API_TOKEN} and, if it is not the
   *       service itself, the base address in {@code FASTLY_API_ENDPOINT}
   *   <li>{@code redis://USER@HOST:PORT/DATABASE}, {@code rediss} with TLS, {@code valkey} and
   *       {@code valkeys} likewise, and {@code redis-cluster} or {@code valkey-cluster} for a
   *       cluster; the password is in {@code REDIS_PASSWORD}
   *   <li>{@code etcd://HOST:PORT}, {@code etcds} with TLS; the user is in {@code ETCD_USER} and
   *       the password in {@code ETCD_PASSWORD}
   *   <li>{@code nats://HOST:PORT/BUCKET}; the token is in {@code NATS_TOKEN}, or it is {@code
   *       nats://USER:PASSWORD@HOST:PORT/BUCKET}
   * </ul>
   *
   * @throws IllegalArgumentException if the address has none of these forms, or a generation is
   *     given for keys that have none
   */
  public static Store open(String address, Access access) {
    int colon = address.indexOf(':');
    String scheme = colon < 0 ? "" : address.substring(0, colon);
    if (access.generation() != null && !scheme.equals("fastly")) {
      throw new IllegalArgumentException(
          "only the keys of fastly:ID have generations: --if-generation-match is not for "
              + shown(address));
    }
    return switch (scheme) {
      case "fastly" -> fastly(address.substring(colon + 1), access);
      case "redis", "valkey" -> RedisStore.single(redis(address, false, access));
      case "rediss", "valkeys" -> RedisStore.single(redis(address, true, access));
      case "redis-cluster", "valkey-cluster" -> RedisStore.cluster(redis(address, false, access));
      case "etcd" -> etcd(address, "http", access);
      case "etcds" -> etcd(address, "https", access);
      case "nats" -> nats(address, access);
      default ->
          throw new IllegalArgumentException(
              "'"
                  + shown(address)
                  + "' is not an address of a store: fastly:ID, redis://HOST:PORT/DB,"
                  + " redis-cluster://HOST:PORT, etcd://HOST:PORT or nats://HOST:PORT/BUCKET");
    };
  }

  /**
   * An address for messages, without the user and the password.
   *
   * @param address an address, or any text that was given as one
   */
  public static String shown(String address) {
    return address.replaceFirst("(?s)^([\\w-]+:/*)?.*@", "$1***@");
  }

  private static URI uri(String address, String form) {
    URI uri;
    try {
      uri = new URI(address);
    } catch (URISyntaxException e) {
      throw isNotLike(address, form);
    }
    if (uri.getHost() == null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
      throw isNotLike(address, form);
    }
    if (uri.getPort() > MAX_PORT) {
      throw new IllegalArgumentException("'" + shown(address) + "' has a port above " + MAX_PORT);
    }
    return uri;
  }

  /** The address of a server, without the user and the password, which must not be shown. */
  static String place(URI uri) {
    return uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
  }

  private static String userInfo(URI uri) {
    return uri.getUserInfo() == null ? "" : uri.getUserInfo();
  }

  private static IllegalArgumentException isNotLike(String address, String form) {
    return new IllegalArgumentException("'" + shown(address) + "' is not like " + form);
  }

  private static RedisStore.Address redis(String address, boolean isSecure, Access access) {
    String form = "redis://HOST:PORT/0";
    URI uri = uri(address, form);
    String database = path(uri);
    if (!database.matches("\\d{0,9}")) {
      throw isNotLike(address, form);
    }
    if (userInfo(uri).contains(":")) {
      throw new IllegalArgumentException(
          "the password is not for the address: set REDIS_PASSWORD to it");
    }
    return new RedisStore.Address(
        uri.getHost(),
        uri.getPort() < 0 ? 6379 : uri.getPort(),
        database.isEmpty() ? 0 : Integer.parseInt(database),
        userInfo(uri),
        access.variable("REDIS_PASSWORD", ""),
        isSecure,
        access.timeout());
  }

  private static Store etcd(String address, String scheme, Access access) {
    URI given = uri(address, "etcd://HOST:2379");
    if (!path(given).isEmpty()) {
      throw new IllegalArgumentException(
          "etcd has no databases, and '"
              + shown(path(given))
              + "' is nothing of an address: select keys by --prefix");
    }
    if (!userInfo(given).isEmpty()) {
      throw new IllegalArgumentException(
          "user and password are not for the address: set ETCD_USER and ETCD_PASSWORD to them");
    }
    URI uri = URI.create(scheme + "://" + place(given));
    String user = access.variable("ETCD_USER", "");
    return user.isEmpty()
        ? new EtcdStore(uri, "", access.timeout())
        : EtcdStore.authenticated(
            uri, user, access.variable("ETCD_PASSWORD", ""), access.timeout());
  }

  private static Store nats(String address, Access access) {
    String form = "nats://HOST:4222/BUCKET";
    URI uri = uri(address, form);
    String bucket = path(uri);
    if (!bucket.matches("[A-Za-z0-9_-]+")) {
      throw isNotLike(address, form);
    }
    String info = userInfo(uri);
    boolean isToken = !info.isEmpty() && !info.contains(":"); // as all clients of NATS take it
    return NatsStore.of(
        place(uri),
        bucket,
        isToken ? "" : info,
        isToken ? info : access.variable("NATS_TOKEN", ""),
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
    if (token.chars().anyMatch(c -> c <= ' ')) {
      throw new IllegalArgumentException("FASTLY_API_TOKEN has a space or a line break in it");
    }
    if (id.isEmpty() || id.equals(".") || id.equals("..")) {
      throw new IllegalArgumentException("a Fastly KV store is named by its id: fastly:ID");
    }
    String endpoint = access.variable("FASTLY_API_ENDPOINT", SERVICE);
    if (!endpoint.matches("https?://.+")) {
      throw new IllegalArgumentException(
          "FASTLY_API_ENDPOINT is '" + shown(endpoint) + "', which is not like " + SERVICE);
    }
    return new FastlyStore(
        uri(endpoint, SERVICE),
        id,
        token,
        access.timeout(),
        access.generation(),
        access.pipeline());
  }
}
