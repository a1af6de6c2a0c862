package io.heddle.tour.store;

/** Why a request failed, in HTTP's terms. */
public enum Status {
  /** The caller may not do this. */
  FORBIDDEN(403, "Forbidden"),
  /** There is no such key, or no longer. */
  NOT_FOUND(404, "Not Found"),
  /** No answer came in time. */
  REQUEST_TIMEOUT(408, "Request Timeout"),
  /** Another client holds the key. */
  LOCKED(423, "Locked"),
  /** The caller sends too many requests. */
  TOO_MANY_REQUESTS(429, "Too Many Requests"),
  /** Something broke in the store. */
  INTERNAL_SERVER_ERROR(500, "Internal Server Error"),
  /** The store cannot answer now. */
  SERVICE_UNAVAILABLE(503, "Service Unavailable");

  private final int code;
  private final String reason;

  Status(int code, String reason) {
    this.code = code;
    this.reason = reason;
  }

  /** Whether the same request may succeed later. */
  public boolean isRetryable() {
    return switch (this) {
      case FORBIDDEN, NOT_FOUND -> false;
      case REQUEST_TIMEOUT, LOCKED, TOO_MANY_REQUESTS, INTERNAL_SERVER_ERROR, SERVICE_UNAVAILABLE ->
          true;
    };
  }

  /** The code and the reason, as in {@code 404 Not Found}. */
  @Override
  public String toString() {
    return code + " " + reason;
  }
}
