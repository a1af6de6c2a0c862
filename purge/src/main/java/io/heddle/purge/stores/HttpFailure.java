package io.heddle.purge.stores;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The meaning of an HTTP status for a store. */
final class HttpFailure {
  private HttpFailure() {}

  static StoreException of(
      String store, StoreHttp.Response response, @Nullable Duration retryAfter) {
    return of(kind(response.status()), store, response, retryAfter);
  }

  /** The same, where the server says more than the status does. */
  static StoreException of(
      Kind kind, String store, StoreHttp.Response response, @Nullable Duration retryAfter) {
    int status = response.status();
    String detail = detail(response);
    String message = store + ": HTTP " + status + (detail.isEmpty() ? "" : ", " + detail);
    return new StoreException(kind, "HTTP " + status, message, retryAfter, null);
  }

  static Kind kind(int status) {
    return switch (status) {
      case 401 -> Kind.UNAUTHORISED;
      case 403 -> Kind.FORBIDDEN;
      case 404 -> Kind.NOT_FOUND;
      case 408 -> Kind.TIMEOUT;
      case 412 -> Kind.PRECONDITION;
      case 423, 425 -> Kind.LOCKED;
      case 429 -> Kind.THROTTLED;
      default -> status >= 500 ? Kind.UNAVAILABLE : Kind.INVALID;
    };
  }

  /** The message in the body. */
  static String detail(StoreHttp.Response response) {
    return ErrorBody.text(new String(response.body(), UTF_8));
  }
}
