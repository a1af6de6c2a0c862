package io.heddle.remote;

import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Connects to NATS, and says why that or a call has failed. */
final class NatsConnections {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final String DEFAULT_PORT = ":4222";

  private NatsConnections() {}

  static Connection open(String address, String name) throws RemoteException {
    if (!address.startsWith("nats://")) {
      throw wrong(name);
    }
    String rest = address.substring("nats://".length());
    int at = rest.lastIndexOf('@');
    Refusal refusal = new Refusal();
    Options.Builder options =
        new Options.Builder()
            .servers(servers(rest.substring(at + 1)))
            .connectionTimeout(CONNECT)
            .maxReconnects(-1)
            .reconnectWait(Duration.ofMillis(200))
            .reconnectBufferSize(0) // what cannot be sent fails at once
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
    try {
      return Nats.connect(options.build());
    } catch (IOException e) {
      boolean isRejected = hasCause(e, AuthenticationException.class) || refusal.isAuthorization;
      throw new RemoteException(
          "cannot open "
              + name
              + ": "
              + (isRejected
                  ? "the server rejects the credentials. Correct the user and the password, or the"
                      + " token, in the address"
                  : "no server answers. Start the server, or correct the host and the port in the"
                      + " address"),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RemoteException("cannot open " + name + ": the thread was interrupted", e);
    } catch (IllegalArgumentException e) {
      throw wrong(name);
    }
  }

  /** Without the cause, which may show the password. */
  private static RemoteException wrong(String name) {
    return new RemoteException(
        "cannot open " + name + ": an address is nats://USER:PASSWORD@HOST:PORT", null);
  }

  /** The credentials are not in there, because the client puts these into its messages. */
  private static String[] servers(String hosts) {
    return Arrays.stream(hosts.split(",", -1))
        .map(host -> "nats://" + (host.matches(".*:\\d+") ? host : host + DEFAULT_PORT))
        .toArray(String[]::new);
  }

  /** Records a refusal, which the client reports only here. */
  private static final class Refusal implements ErrorListener {
    volatile boolean isAuthorization;

    @Override
    public void errorOccurred(Connection connection, String error) {
      if (error.contains("Authorization")) {
        isAuthorization = true;
      }
    }
  }

  private static boolean hasCause(Throwable e, Class<? extends Throwable> kind) {
    for (@Nullable Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (kind.isInstance(cause)) {
        return true;
      }
    }
    return false;
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
