package io.heddle.tour.store;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The store did not carry out a request. */
public final class StoreException extends Exception {
  private static final long serialVersionUID = 1;

  /** Why. */
  private final Status status;

  /** When the store wants to be asked again. */
  private final @Nullable Duration retryAfter;

  /**
   * Makes an exception.
   *
   * @param retryAfter how long the store asks the client to wait, null if it did not say
   */
  public StoreException(String request, Status status, @Nullable Duration retryAfter) {
    super(request + ": " + status);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Why the request failed. */
  public Status status() {
    return status;
  }

  /**
   * How long the store asks the client to wait, HTTP's {@code Retry-After}; null if it did not say.
   */
  public @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
