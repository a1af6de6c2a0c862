package io.heddle.purge;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A store did not carry out a request. */
public final class StoreException extends Exception {
  private static final long serialVersionUID = 1;

  /** Kinds of failure, by the remedy. */
  public enum Kind {
    /** The store is overloaded: all clients should pause. */
    THROTTLED(true),
    /** The store cannot answer now, or the connection broke. */
    UNAVAILABLE(true),
    /** No answer arrived in time. */
    TIMEOUT(true),
    /** Another client holds the key. */
    LOCKED(true),
    /** The credentials are wrong or missing: every other request will fail, too. */
    UNAUTHORISED(false),
    /** The user lacks a permission. */
    FORBIDDEN(false),
    /** The way to the server is closed: TLS failed, or the proxy refused to connect. */
    UNREACHABLE(false),
    /** There is no such store. */
    NOT_FOUND(false),
    /** A condition of the request does not hold. */
    PRECONDITION(false),
    /** The store does not understand the request. */
    INVALID(false);

    private final boolean isRetryable;

    Kind(boolean isRetryable) {
      this.isRetryable = isRetryable;
    }

    /** Whether the same request may succeed later. */
    public boolean isRetryable() {
      return isRetryable;
    }
  }

  /** The kind of failure. */
  private final Kind kind;

  /** The reason under which failures are counted. */
  private final String reason;

  /** How long the store asked the client to wait. */
  private final @Nullable Duration retryAfter;

  /**
   * Makes an exception.
   *
   * @param kind the kind of failure
   * @param reason a few words under which failures are counted, from a small set: {@code HTTP 503},
   *     {@code connection refused}
   * @param message what happened, with every detail that helps
   */
  public StoreException(Kind kind, String reason, String message) {
    this(kind, reason, message, null, null);
  }

  /**
   * Makes an exception.
   *
   * @param retryAfter how long the store asks the client to wait, null if it did not say; a time in
   *     the past is ignored
   * @param cause the cause of the failure, null if the store reported it
   */
  public StoreException(
      Kind kind,
      String reason,
      String message,
      @Nullable Duration retryAfter,
      @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.reason = reason;
    this.retryAfter = retryAfter != null && retryAfter.isPositive() ? retryAfter : null;
  }

  /** The kind of failure. */
  public Kind kind() {
    return kind;
  }

  /** The reason under which failures are counted: a few words, from a small set. */
  public String reason() {
    return reason;
  }

  /** How long the store asks the client to wait; null if it did not say. */
  public @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
