package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.http.HttpPool;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a failed HTTP request means for a store. */
final class HttpFailure {
  private HttpFailure() {}

  static StoreException of(String store, IOException e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    String text = store + ": " + message;
    return switch (e) {
      case SocketTimeoutException _ ->
          new StoreException(Kind.TIMEOUT, "no answer in time", text, null, e);
      case ConnectException _ ->
          new StoreException(Kind.UNAVAILABLE, "no connection", text, null, e);
      case UnknownHostException _ ->
          new StoreException(Kind.UNAVAILABLE, "unknown host", "unknown host: " + text, null, e);
      default -> new StoreException(Kind.UNAVAILABLE, "connection broke", text, null, e);
    };
  }

  static StoreException of(String what, HttpPool.Response response, @Nullable Duration retryAfter) {
    int status = response.status();
    Kind kind =
        switch (status) {
          case 401 -> Kind.UNAUTHORISED;
          case 403 -> Kind.FORBIDDEN;
          case 404 -> Kind.NOT_FOUND;
          case 408 -> Kind.TIMEOUT;
          case 412 -> Kind.PRECONDITION;
          case 423, 425 -> Kind.LOCKED;
          case 429 -> Kind.THROTTLED;
          default -> status >= 500 ? Kind.UNAVAILABLE : Kind.INVALID;
        };
    String detail = ErrorBody.text(new String(response.body(), UTF_8));
    String message = what + ": HTTP " + status + (detail.isEmpty() ? "" : ", " + detail);
    return new StoreException(kind, "HTTP " + status, message, retryAfter, null);
  }
}
