package io.heddle.purge.stores;

import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The servers of a NATS cluster: how to connect to one of them, and what their errors mean. */
public final class NatsServers {
  private static final int NOT_FOUND = 404;

  /** What the client reports if only one side wants TLS. */
  private static final Pattern TLS_ONLY_ONE_SIDE =
      Pattern.compile("SSL (required by server|connection wanted by client)");

  /** Short, because the client waits the whole time when the server refuses a password. */
  private static final Duration CONNECT = Duration.ofSeconds(5);

  private final List<String> servers;
  private final boolean isSecure;
  private final Login login;
  private final Network network;

  /**
   * Names some servers.
   *
   * @param servers each is {@code host:port}
   * @param isSecure whether to use TLS
   */
  NatsServers(List<String> servers, boolean isSecure, Login login, Network network) {
    this.servers = servers;
    this.isSecure = isSecure;
    this.login = login;
    this.network = network;
  }

  /**
   * Who connects.
   *
   * @param user the user and the password, {@code user:password}, empty for none
   * @param token the token, empty for none; ignored if there is a user
   * @param credentials a file with a user's JWT and seed; null for none
   */
  record Login(String user, String token, @Nullable Path credentials) {
    /** Checks the file, because the client reads it only when it connects. */
    Login {
      if (credentials != null) {
        String text;
        try {
          text = Files.readString(credentials);
        } catch (IOException e) {
          throw new IllegalArgumentException("--creds: cannot read " + credentials, e);
        }
        if (!text.contains("USER JWT") || !text.contains("USER NKEY SEED")) {
          throw new IllegalArgumentException(
              "--creds: " + credentials + " is not a file of NATS credentials (.creds)");
        }
      }
    }
  }

  /** The addresses for people. */
  public String place() {
    return String.join(",", servers);
  }

  /** Whether all servers are on this machine. */
  boolean areLocal() {
    return servers.stream()
        .allMatch(server -> StoreAddress.isLocal(server.replaceFirst(":\\d+$", "")));
  }

  /** How long to wait for an answer. */
  public Duration timeout() {
    return network.timeout();
  }

  /**
   * Connects to one of the servers. The connection is renewed whenever it breaks, with this server
   * or with another one that is reached through the same proxy, or directly like this one.
   *
   * @param what the name of what is reached, for messages
   * @return a connection, which the caller closes
   */
  public Connection connect(String what) throws StoreException, InterruptedException {
    IOException failure = null;
    for (List<String> some : byWay()) {
      Trouble trouble = new Trouble();
      try {
        return Nats.connect(options(some).errorListener(trouble).build());
      } catch (IOException e) {
        Exception last = trouble.last;
        if (last != null) {
          e.addSuppressed(last);
        }
        if (failure != null) {
          e.addSuppressed(failure);
        }
        failure = e;
      }
    }
    throw failure(what, Objects.requireNonNull(failure, "there is a server"));
  }

  /** The servers, grouped by the proxy: a connection of the client has one for all its servers. */
  private Collection<List<String>> byWay() {
    Map<Optional<ProxyAddress>, List<String>> groups = new LinkedHashMap<>();
    for (String server : servers) {
      groups.computeIfAbsent(way(server), _ -> new ArrayList<>()).add(server);
    }
    return groups.values();
  }

  /** The proxy for a server; empty for a direct connection. */
  private Optional<ProxyAddress> way(String server) {
    return Optional.ofNullable(network.proxyFor("nats", server.replaceFirst(":\\d+$", "")));
  }

  /** The credentials are not part of the address here, which the client puts into its messages. */
  private Options.Builder options(List<String> some) {
    String scheme = isSecure ? "tls://" : "nats://";
    Options.Builder options =
        new Options.Builder()
            .servers(some.stream().map(scheme::concat).toArray(String[]::new))
            .connectionTimeout(timeout().compareTo(CONNECT) < 0 ? timeout() : CONNECT)
            .maxReconnects(-1)
            .reconnectWait(Duration.ofMillis(200))
            .supportUTF8Subjects()
            // Servers announce others before TLS begins, so the announcement may be forged.
            .ignoreDiscoveredServers();
    if (isSecure) {
      // A certificate is for a name, so the client must not replace the name by its addresses.
      options.sslContext(network.tls().context()).noResolveHostnames().enableFastFallback();
    }
    way(some.getFirst()).ifPresent(proxy -> options.proxy(proxy.proxy()));
    int colon = login.user.indexOf(':');
    if (login.credentials != null) {
      options.authHandler(Nats.credentials(login.credentials.toString()));
    } else if (colon >= 0) {
      options.userInfo(login.user.substring(0, colon), login.user.substring(colon + 1));
    } else if (!login.token.isEmpty()) {
      options.token(login.token.toCharArray());
    }
    return options;
  }

  /** Records why there is no connection, which the client reports only here. */
  private static final class Trouble implements ErrorListener {
    private volatile @Nullable Exception last;

    @Override
    public void exceptionOccurred(Connection connection, Exception e) {
      last = e;
    }
  }

  /** The client converts interrupts into other exceptions. */
  public static StoreException interruptedOr(StoreException failure) throws InterruptedException {
    if (Thread.interrupted()) {
      throw (InterruptedException) new InterruptedException("NATS request").initCause(failure);
    }
    return failure;
  }

  /**
   * The meaning of an exception of the client.
   *
   * @param what the name of the server that was to be reached
   */
  public static StoreException failure(String what, Exception e) {
    // The client wraps the server's error in an IOException when it looks for a bucket.
    Exception said = e.getCause() instanceof JetStreamApiException answer ? answer : e;
    String text = what + ": " + said.getMessage();
    if (said instanceof JetStreamApiException api) {
      Kind kind =
          switch (api.getErrorCode()) {
            case NOT_FOUND -> Kind.NOT_FOUND;
            case 401, 403 -> Kind.UNAUTHORISED;
            default -> api.getErrorCode() >= 500 ? Kind.UNAVAILABLE : Kind.INVALID;
          };
      return new StoreException(kind, "error " + api.getApiErrorCode(), text, null, e);
    }
    Throwable oneSided =
        Causes.find(e, c -> TLS_ONLY_ONE_SIDE.matcher(String.valueOf(c.getMessage())).find());
    if (oneSided != null) {
      String why = what + ": " + oneSided.getMessage();
      return new StoreException(
          Kind.UNREACHABLE, "TLS", why + ": natss:// is with TLS, nats:// without", null, e);
    }
    return Causes.find(e, AuthenticationException.class::isInstance) != null
        ? new StoreException(Kind.UNAUTHORISED, "not let in", text, null, e)
        : NetworkFailure.of(what, e);
  }
}
