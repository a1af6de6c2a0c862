package io.heddle.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Connects to NATS, and says why that or a call has failed. */
final class NatsConnections {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final String DEFAULT_PORT = ":4222";
  private static final String TRUST = "trust";
  private static final String CREDENTIALS = "credentials";
  private static final List<String> PARAMETERS = List.of(CREDENTIALS, TRUST);

  private NatsConnections() {}

  /** Connects to {@code nats://…}, or with TLS to {@code tls://…}. */
  static Connection open(String address, String name) throws RemoteException {
    boolean isSecure = address.startsWith("tls://");
    if (!isSecure && !address.startsWith("nats://")) {
      throw wrong(name);
    }
    int query = address.indexOf('?', address.lastIndexOf('@') + 1); // a password may have one, too
    String rest =
        address.substring(address.indexOf("://") + 3, query < 0 ? address.length() : query);
    int at = rest.lastIndexOf('@');
    Refusal refusal = new Refusal();
    Options.Builder options =
        new Options.Builder()
            .servers(servers(isSecure ? "tls://" : "nats://", rest.substring(at + 1)))
            .connectionTimeout(CONNECT)
            .maxReconnects(-1)
            .reconnectWait(Duration.ofMillis(200))
            .reconnectBufferSize(0) // a message that cannot be sent fails at once
            .errorListener(refusal);
    if (at >= 0) {
      String login = rest.substring(0, at);
      int colon = login.indexOf(':');
      if (colon < 0) {
        options.token(login.toCharArray());
      } else {
        options.userInfo(login.substring(0, colon), login.substring(colon + 1));
      }
    }
    Map<String, String> parameters = parameters(query < 0 ? "" : address.substring(query + 1));
    if (!PARAMETERS.containsAll(parameters.keySet())) {
      throw new RemoteException(
          "cannot open "
              + name
              + ": a parameter of the address is unknown. There are "
              + String.join(" and ", PARAMETERS),
          null);
    }
    credentials(parameters.get(CREDENTIALS), name, options);
    if (isSecure) {
      secure(parameters.get(TRUST), name, options);
    } else if (parameters.containsKey(TRUST)) {
      throw new RemoteException(
          "cannot open " + name + ": trust is for TLS. Begin the address with tls://", null);
    }
    try {
      return Nats.connect(options.build());
    } catch (IOException e) {
      throw new RemoteException("cannot open " + name + ": " + reason(e, refusal, isSecure), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RemoteException("cannot open " + name + ": the thread was interrupted", e);
    } catch (IllegalArgumentException e) {
      throw wrong(name);
    }
  }

  private static String reason(IOException e, Refusal refusal, boolean isSecure) {
    if (hasCause(e, AuthenticationException.class) || refusal.isAuthorization) {
      return "the server rejects the credentials. Correct the user and the password, or the token,"
          + " in the address, or the file of credentials";
    }
    Throwable tls = refusal.tls != null ? refusal.tls : cause(e, SSLException.class);
    if (tls != null) {
      return "TLS fails: "
          + tls.getMessage()
          + ". Name the certificates that vouch for the server with ?trust=FILE, and the server as"
          + " its certificate does";
    }
    if (!isSecure && refusal.isTlsRequired) {
      return "the server requires TLS. Begin the address with tls://";
    }
    return "no server answers. Start the server, or correct the host and the port in the address";
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new HashMap<>();
    for (String one : query.split("&", -1)) {
      int equals = one.indexOf('=');
      if (equals >= 0) {
        parameters.put(
            one.substring(0, equals), URLDecoder.decode(one.substring(equals + 1), UTF_8));
      } else if (!one.isEmpty()) {
        parameters.put(one, "");
      }
    }
    return parameters;
  }

  private static void credentials(@Nullable String file, String name, Options.Builder options)
      throws RemoteException {
    if (file == null) {
      return;
    }
    if (!Files.isReadable(Path.of(file))) {
      throw new RemoteException(
          "cannot open " + name + ": cannot read the file of credentials " + file, null);
    }
    options.authHandler(Nats.credentials(file));
  }

  private static void secure(@Nullable String trust, String name, Options.Builder options)
      throws RemoteException {
    try {
      options.sslContext(NatsTls.context(trust == null ? null : Path.of(trust)));
    } catch (IOException e) {
      throw new RemoteException(
          "cannot open "
              + name
              + ": cannot read the certificates: "
              + e.getMessage()
              + ". Name a file in PEM",
          e);
    }
  }

  /** Without the cause, which may show the password. */
  private static RemoteException wrong(String name) {
    return new RemoteException(
        "cannot open "
            + name
            + ": an address is nats://USER:PASSWORD@HOST:PORT, or tls://USER:PASSWORD@HOST:PORT",
        null);
  }

  /** The credentials are not in there, because the client puts these into its messages. */
  private static String[] servers(String scheme, String hosts) {
    return Arrays.stream(hosts.split(",", -1))
        .map(host -> scheme + (host.matches(".*:\\d+") ? host : host + DEFAULT_PORT))
        .toArray(String[]::new);
  }

  /** Records a refusal, which the client reports only here. */
  private static final class Refusal implements ErrorListener {
    volatile boolean isAuthorization;
    volatile boolean isTlsRequired;
    volatile @Nullable Throwable tls;

    @Override
    public void exceptionOccurred(Connection connection, Exception e) {
      Throwable failure = cause(e, SSLException.class);
      if (failure != null) {
        tls = failure;
      }
      isTlsRequired |= String.valueOf(e.getMessage()).contains("SSL required");
    }

    @Override
    public void errorOccurred(Connection connection, String error) {
      if (error.contains("Authorization")) {
        isAuthorization = true;
      }
    }
  }

  private static boolean hasCause(Throwable e, Class<? extends Throwable> kind) {
    return cause(e, kind) != null;
  }

  private static @Nullable Throwable cause(Throwable e, Class<? extends Throwable> kind) {
    for (@Nullable Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (kind.isInstance(cause)) {
        return cause;
      }
    }
    return null;
  }

  /** Throws if there is no connection at the moment. */
  static void check(Connection connection, String action) throws RemoteException {
    switch (connection.getStatus()) {
      case CONNECTED -> {}
      case CLOSED ->
          throw new RemoteException(
              "cannot " + action + ": the connection is closed. Open another Remote", null);
      default ->
          throw new RemoteException(
              "cannot "
                  + action
                  + ": no server answers. Check that the server runs; calls succeed again when it"
                  + " answers",
              null);
    }
  }

  /** The server has refused a call. */
  static RemoteException refused(String action, JetStreamApiException e) {
    String text = String.valueOf(e.getErrorDescription());
    String nextStep =
        switch (e.getApiErrorCode()) {
          case 10047, 10077, 10122, 10167 -> "Receive messages, or raise the limits of the stream";
          case 10054 -> "Send less text, or raise max_payload";
          case 10039, 10076 -> "Enable JetStream for the account";
          default -> "See the server's log";
        };
    return new RemoteException("cannot " + action + ": " + text + ". " + nextStep, e);
  }

  /** The client has failed. */
  static RemoteException failed(String action, Exception e) {
    return new RemoteException(
        "cannot "
            + action
            + ": "
            + e.getMessage()
            + ". Check that the server runs; calls succeed again when it answers",
        e);
  }

  /** Whether the server said that no stream has the subject. */
  static boolean isWithoutStream(IOException e) {
    return String.valueOf(e.getMessage()).contains("503");
  }

  static void close(Connection connection) {
    Calls.Ending<Boolean> ending =
        Calls.cleanUp(() -> {
          connection.close();
          return true;
        });
    if (ending instanceof Calls.Ending.Threw<Boolean>(Error e)) {
      throw e;
    }
  }
}
