package io.heddle.purge.stores;

import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeoutException;

/** A store that cannot be reached, in the same words for every client. */
final class NetworkFailure {
  private NetworkFailure() {}

  static StoreException of(String store, Exception e) {
    Throwable network = Causes.find(e, NetworkFailure::isReason);
    Throwable reason = network == null ? e : network;
    String text = store + ": " + text(reason);
    return switch (reason) {
      case UnknownHostException _ ->
          new StoreException(
              Kind.UNAVAILABLE,
              "unknown host",
              store + ": unknown host " + text(reason) + ": is the address right?",
              null,
              e);
      case ConnectException _ ->
          new StoreException(
              Kind.UNAVAILABLE, "no connection", text + ": is the server running there?", null, e);
      case NoRouteToHostException _ ->
          new StoreException(Kind.UNAVAILABLE, "no connection", text, null, e);
      case SocketTimeoutException _, TimeoutException _ ->
          new StoreException(Kind.TIMEOUT, "no answer in time", text, null, e);
      default -> new StoreException(Kind.UNAVAILABLE, "connection broke", text, null, e);
    };
  }

  private static String text(Throwable reason) {
    if (reason.getMessage() != null) {
      return reason.getMessage();
    }
    return reason instanceof TimeoutException
        ? "no answer in time"
        : reason.getClass().getSimpleName();
  }

  private static boolean isReason(Throwable e) {
    return e instanceof UnknownHostException
        || e instanceof ConnectException
        || e instanceof NoRouteToHostException
        || e instanceof SocketTimeoutException
        || e instanceof TimeoutException;
  }
}
