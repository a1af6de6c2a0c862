package io.heddle.purge.stores;

import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/** A store that cannot be reached, in the same words whoever its client is. */
final class NetworkFailure {
  private NetworkFailure() {}

  static StoreException of(String store, Exception e) {
    Throwable reason = reason(e);
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

  /**
   * What the network said: clients wrap it, or say that something else failed because of it. What
   * is behind an exception may have it behind itself again.
   */
  private static Throwable reason(Throwable e) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Throwable> next = new ArrayDeque<>(List.of(e));
    for (Throwable one; (one = next.poll()) != null; ) {
      if (isReason(one)) {
        return one;
      }
      if (seen.add(one)) {
        next.addAll(List.of(one.getSuppressed()));
        if (one.getCause() != null) {
          next.add(one.getCause());
        }
      }
    }
    return e;
  }

  private static boolean isReason(Throwable e) {
    return e instanceof UnknownHostException
        || e instanceof ConnectException
        || e instanceof NoRouteToHostException
        || e instanceof SocketTimeoutException
        || e instanceof TimeoutException;
  }
}
