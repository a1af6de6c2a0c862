package io.heddle.purge.stores;

import io.heddle.purge.Store;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;

/** Opens a store by its address. */
public final class Stores {
  private static final Pattern REDIS =
      Pattern.compile("(?:redis|valkey)(s?)(-cluster|-sentinel|\\+unix)?");
  private static final Pattern UNIX =
      Pattern.compile("[^:]+://(?:([^/@]*)@)?(/[^?#]*)(?:\\?db=(\\d{1,9}))?");

  /** The schemes without TLS. */
  private static final Pattern PLAIN =
      Pattern.compile("(?:redis|valkey)(?:-cluster|-sentinel|\\+unix)?|etcd|nats");

  private static final String TLS_OPTIONS =
      "--cacert, --cert, --key and --server-name require TLS: use them with";
  private static final int REDIS_PORT = 6379;
  private static final int SENTINEL_PORT = 26379;

  private Stores() {}

  /**
   * How to connect, besides the address. Null stands for what is usual.
   *
   * @param tls the certificates of encrypted connections
   * @param proxy the address of a proxy, {@code none} for none; null to follow the environment
   * @param credentials the file with the credentials of a NATS user
   */
  public record Connection(Tls tls, @Nullable String proxy, @Nullable Path credentials) {
    /** Nothing in particular. */
    public static final Connection USUAL = new Connection(Tls.SYSTEM, null, null);
  }

  /**
   * The settings besides the address.
   *
   * @param environment the environment variables of the process, for secrets and proxies
   * @param timeout how long to wait for an answer
   * @param generation the generation that a key must have to be deleted, null for any
   * @param pipeline how many HTTP requests to send at once on a connection
   * @param noMarkers whether a NATS bucket is left without delete markers
   */
  public record Access(
      Map<String, String> environment,
      Duration timeout,
      @Nullable Long generation,
      int pipeline,
      boolean noMarkers,
      Connection connection) {
    /** The settings for an ordinary connection. */
    public Access(
        Map<String, String> environment,
        Duration timeout,
        @Nullable Long generation,
        int pipeline) {
      this(environment, timeout, generation, pipeline, false, Connection.USUAL);
    }

    String variable(String name, String otherwise) {
      String value = environment.get(name);
      if (value != null && value.indexOf('\ufffd') >= 0) {
        throw new IllegalArgumentException(name + " is not UTF-8");
      }
      return value == null || value.isEmpty() ? otherwise : value;
    }

    Network network() {
      return new Network(timeout, connection.tls, connection.proxy, environment);
    }
  }

  /**
   * Opens a store. Sends nothing yet.
   *
   * <ul>
   *   <li>{@code fastly:ID}, with the API token in {@code FASTLY_API_TOKEN} and, if it is not the
   *       service itself, the base address in {@code FASTLY_API_ENDPOINT}
   *   <li>{@code cloudflare:ACCOUNT/NAMESPACE}, with the API token in {@code CLOUDFLARE_API_TOKEN}
   *       and, if it is not the service itself, the base address in {@code CLOUDFLARE_API_BASE_URL}
   *   <li>{@code redis://USER@HOST:PORT/DATABASE}, {@code redis-cluster://HOST:PORT,…}, {@code
   *       redis-sentinel://HOST:PORT,…/MASTER/DATABASE} and {@code redis+unix:///SOCKET?db=N}; with
   *       TLS {@code rediss} at the beginning, and {@code valkey} likewise; the password is in
   *       {@code REDIS_PASSWORD}, that of the sentinels in {@code REDIS_SENTINEL_PASSWORD}
   *   <li>{@code etcd://HOST:PORT,…}, {@code etcds} with TLS; the user is in {@code ETCD_USER} and
   *       the password in {@code ETCD_PASSWORD}
   *   <li>{@code nats://HOST:PORT,…/BUCKET}, {@code natss} with TLS; the token is in {@code
   *       NATS_TOKEN}, the name of a file of credentials in {@code NATS_CREDS}, or it is {@code
   *       nats://USER:PASSWORD@HOST:PORT/BUCKET}
   * </ul>
   *
   * @throws IllegalArgumentException if the address has none of these forms, or a setting is given
   *     that does not apply to the store
   */
  public static Store open(String address, Access access) {
    int colon = address.indexOf(':');
    String scheme = colon < 0 ? "" : address.substring(0, colon);
    if (access.generation() != null && !scheme.equals("fastly")) {
      throw new IllegalArgumentException(
          "only the keys of fastly:ID have generations: --if-generation-match is not for "
              + shown(address));
    }
    if (access.connection().credentials() != null && !scheme.startsWith("nats")) {
      throw new IllegalArgumentException(
          "--creds is for nats://HOST:PORT/BUCKET, not for " + shown(address));
    }
    if (access.noMarkers() && !scheme.startsWith("nats")) {
      throw new IllegalArgumentException(
          "--no-markers is for nats://HOST:PORT/BUCKET, not for " + shown(address));
    }
    if (access.connection().tls() != Tls.SYSTEM && PLAIN.matcher(scheme).matches()) {
      throw new IllegalArgumentException(
          TLS_OPTIONS + " rediss://, valkeys://, etcds:// or natss://, not with " + shown(address));
    }
    Matcher redis = REDIS.matcher(scheme);
    if (redis.matches()) {
      String kind = redis.group(2) == null ? "" : redis.group(2);
      return redis(address, !redis.group(1).isEmpty(), kind, access);
    }
    return switch (scheme) {
      case "fastly" -> fastly(address.substring(colon + 1), access);
      case "cloudflare" -> cloudflare(address.substring(colon + 1), access);
      case "etcd" -> etcd(address, "http", access);
      case "etcds" -> etcd(address, "https", access);
      case "nats" -> nats(address, false, access);
      case "natss" -> nats(address, true, access);
      default ->
          throw new IllegalArgumentException(
              "'"
                  + shown(address)
                  + "' is not an address of a store: fastly:ID, cloudflare:ACCOUNT/NAMESPACE,"
                  + " redis://HOST:PORT/DB, redis-cluster://HOST:PORT, etcd://HOST:PORT or nats://HOST:PORT/BUCKET");
    };
  }

  /**
   * The address of a job of several processes.
   *
   * @param servers the servers that the processes have in common
   * @param job the name of the job
   */
  public record JobAddress(NatsServers servers, String job) {}

  /**
   * Parses the address of a job, {@code nats://HOST:PORT,…/JOB}. Secrets are the same as for a
   * bucket of NATS.
   *
   * @throws IllegalArgumentException if the address does not have this form
   */
  public static JobAddress job(String address, Access access) {
    StoreAddress parsed = StoreAddress.parse(address, "nats://HOST:4222/JOB");
    boolean isNats = address.startsWith("nats://") || address.startsWith("natss://");
    if (!isNats || !parsed.path().matches("[A-Za-z0-9_-]{1,64}")) {
      throw parsed.isNotLike();
    }
    return new JobAddress(servers(parsed, address.startsWith("natss:"), access), parsed.path());
  }

  /** The settings for a store, without those that can only be for the servers of a job. */
  public static Access besideJob(String address, Access access) {
    String scheme = address.substring(0, Math.max(0, address.indexOf(':')));
    Connection both = access.connection();
    Tls tls = PLAIN.matcher(scheme).matches() ? Tls.SYSTEM : both.tls();
    Path credentials = scheme.startsWith("nats") ? both.credentials() : null;
    return new Access(
        access.environment(),
        access.timeout(),
        access.generation(),
        access.pipeline(),
        access.noMarkers(),
        new Connection(tls, both.proxy(), credentials));
  }

  /**
   * Refuses a store whose address names another store on each machine, unless all processes of the
   * job are on this machine, as its servers are.
   *
   * @throws IllegalArgumentException if the store is refused
   */
  public static void checkIsShared(String address, Access access, JobAddress job) {
    if (!job.servers().areLocal() && isLocal(address, access)) {
      throw new IllegalArgumentException(
          shown(address)
              + " is another store on each machine, but the servers of --workers are not on this"
              + " machine: name the store by an address that is the same everywhere");
    }
  }

  private static boolean isLocal(String address, Access access) {
    String scheme = address.substring(0, Math.max(0, address.indexOf(':')));
    if (scheme.endsWith("+unix")) {
      return true;
    }
    String place =
        switch (scheme) {
          case "fastly" -> access.variable("FASTLY_API_ENDPOINT", FastlyStore.SERVICE.toString());
          case "cloudflare" ->
              access.variable("CLOUDFLARE_API_BASE_URL", CloudflareStore.SERVICE.toString());
          default -> address;
        };
    return StoreAddress.parse(place, address).servers().stream()
        .anyMatch(server -> StoreAddress.isLocal(String.valueOf(server.getHost())));
  }

  /**
   * An address for messages, without the user and the password.
   *
   * @param address an address, or any text that was given as one
   */
  public static String shown(String address) {
    return StoreAddress.shown(address);
  }

  private static Store redis(String address, boolean isSecure, String kind, Access access) {
    String form =
        switch (kind) {
          case "-cluster" -> "redis-cluster://HOST:PORT,HOST:PORT";
          case "-sentinel" -> "redis-sentinel://HOST:PORT,HOST:PORT/MASTER/0";
          case "+unix" -> "redis+unix:///path/to/socket?db=0";
          default -> "redis://HOST:PORT/0";
        };
    if (kind.equals("+unix")) {
      return unix(address, isSecure, form, access);
    }
    StoreAddress parsed = StoreAddress.parse(address, form);
    String database = parsed.path();
    String master = null;
    if (kind.equals("-sentinel")) {
      int slash = parsed.path().indexOf('/');
      master = slash < 0 ? parsed.path() : parsed.path().substring(0, slash);
      database = slash < 0 ? "" : parsed.path().substring(slash + 1);
    } else if (!kind.equals("-cluster")) {
      var _ = parsed.server();
    }
    if (!database.matches("\\d{0,9}") || (master != null && master.isEmpty())) {
      throw parsed.isNotLike();
    }
    checkHasNoPassword(parsed.user());
    int port = master == null ? REDIS_PORT : SENTINEL_PORT;
    List<HostAndPort> servers =
        parsed.servers().stream()
            .map(uri -> new HostAndPort(uri.getHost(), uri.getPort() < 0 ? port : uri.getPort()))
            .toList();
    RedisStore.Address place =
        redis(servers, null, master, database, parsed.user(), isSecure, access);
    return kind.equals("-cluster") ? RedisStore.cluster(place) : RedisStore.single(place);
  }

  private static Store unix(String address, boolean isSecure, String form, Access access) {
    Matcher parts = UNIX.matcher(address);
    if (isSecure || !parts.matches()) {
      throw new IllegalArgumentException("'" + shown(address) + "' is not like " + form);
    }
    String user = parts.group(1) == null ? "" : parts.group(1);
    checkHasNoPassword(user);
    String database = parts.group(3) == null ? "" : parts.group(3);
    Path socket = Path.of(parts.group(2));
    return RedisStore.single(redis(List.of(), socket, null, database, user, false, access));
  }

  private static void checkHasNoPassword(String user) {
    if (user.contains(":")) {
      throw new IllegalArgumentException(
          "the password is not for the address: set REDIS_PASSWORD to it");
    }
  }

  private static RedisStore.Address redis(
      List<HostAndPort> servers,
      @Nullable Path socket,
      @Nullable String master,
      String database,
      String user,
      boolean isSecure,
      Access access) {
    return new RedisStore.Address(
        servers,
        socket,
        master,
        database.isEmpty() ? 0 : Integer.parseInt(database),
        user,
        access.variable("REDIS_PASSWORD", ""),
        access.variable("REDIS_SENTINEL_USER", ""),
        access.variable("REDIS_SENTINEL_PASSWORD", ""),
        isSecure,
        access.network());
  }

  private static Store etcd(String address, String scheme, Access access) {
    StoreAddress parsed = StoreAddress.parse(address, "etcd://HOST:2379");
    if (!parsed.path().isEmpty()) {
      throw new IllegalArgumentException(
          "etcd has no databases, and '"
              + shown(parsed.path())
              + "' is nothing of an address: select keys by --prefix");
    }
    if (!parsed.user().isEmpty()) {
      throw new IllegalArgumentException(
          "user and password are not for the address: set ETCD_USER and ETCD_PASSWORD to them");
    }
    List<URI> members =
        parsed.servers().stream()
            .map(uri -> URI.create(scheme + "://" + StoreAddress.place(uri)))
            .toList();
    return new EtcdStore(
        members,
        access.variable("ETCD_USER", ""),
        access.variable("ETCD_PASSWORD", ""),
        access.network());
  }

  private static Store nats(String address, boolean isSecure, Access access) {
    StoreAddress parsed = StoreAddress.parse(address, "nats://HOST:4222/BUCKET");
    String bucket = parsed.path();
    if (!bucket.matches("[A-Za-z0-9_-]+")) {
      throw parsed.isNotLike();
    }
    return NatsStore.of(servers(parsed, isSecure, access), bucket, access.noMarkers());
  }

  private static NatsServers servers(StoreAddress parsed, boolean isSecure, Access access) {
    String user = parsed.user();
    boolean isToken = !user.isEmpty() && !user.contains(":"); // as all clients of NATS take it
    String variable = access.variable("NATS_CREDS", "");
    Path credentials = access.connection().credentials();
    NatsServers.Login login =
        new NatsServers.Login(
            isToken ? "" : user,
            isToken ? user : access.variable("NATS_TOKEN", ""),
            credentials == null && !variable.isEmpty() ? Path.of(variable) : credentials);
    List<String> servers = parsed.servers().stream().map(StoreAddress::place).toList();
    return new NatsServers(servers, isSecure, login, access.network());
  }

  private static Store cloudflare(String names, Access access) {
    String token = token("CLOUDFLARE_API_TOKEN", access);
    String[] parts = names.split("/", -1);
    if (parts.length != 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
      throw new IllegalArgumentException(
          "a namespace of Cloudflare is named by two ids: cloudflare:ACCOUNT/NAMESPACE");
    }
    URI api = base("CLOUDFLARE_API_BASE_URL", CloudflareStore.SERVICE, access);
    return new CloudflareStore(api, parts[0], parts[1], token, access.network());
  }

  /** The token of an HTTP API. */
  private static String token(String variable, Access access) {
    String token = access.variable(variable, "");
    if (token.isEmpty()) {
      throw new IllegalArgumentException("set " + variable + " to the API token");
    }
    if (token.chars().anyMatch(c -> c <= ' ')) {
      throw new IllegalArgumentException(variable + " has a space or a line break in it");
    }
    return token;
  }

  /** The base address of an HTTP API. */
  private static URI base(String variable, URI service, Access access) {
    String endpoint = access.variable(variable, service.toString());
    if (!endpoint.matches("https?://.+")) {
      throw new IllegalArgumentException(
          variable + " is '" + shown(endpoint) + "', which is not like " + service);
    }
    if (access.connection().tls() != Tls.SYSTEM && endpoint.startsWith("http:")) {
      throw new IllegalArgumentException(
          TLS_OPTIONS + " an https:// address in " + variable + ", not with " + shown(endpoint));
    }
    var _ = StoreAddress.parse(endpoint, service.toString()).server();
    return URI.create(endpoint);
  }

  private static Store fastly(String id, Access access) {
    String token = token("FASTLY_API_TOKEN", access);
    if (id.isEmpty() || id.equals(".") || id.equals("..")) {
      throw new IllegalArgumentException("a Fastly KV store is named by its id: fastly:ID");
    }
    return new FastlyStore(
        base("FASTLY_API_ENDPOINT", FastlyStore.SERVICE, access),
        id,
        token,
        access.network(),
        access.generation(),
        access.pipeline());
  }
}
