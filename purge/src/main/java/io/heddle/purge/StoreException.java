package io.heddle.purge;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A store did not do what was asked. */
public final class StoreException extends Exception {
  private static final long serialVersionUID = 1;

  /** Kinds of failure, by what can be done about them. */
  public enum Kind {
    /** The store is asked too much: everybody should leave it alone for a while. */
    THROTTLED(true),
    /** The store cannot answer now, or the connection broke. */
    UNAVAILABLE(true),
    /** No answer came in time. */
    TIMEOUT(true),
    /** Somebody else holds the key. */
    LOCKED(true),
    /** We are not who we should be: no other request will fare better. */
    UNAUTHORISED(false),
    /** We may not do this. */
    FORBIDDEN(false),
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

  /** What can be done about it. */
  private final Kind kind;

  /** What failures are counted by. */
  private final String reason;

  /** What the store said about when to come back. */
  private final @Nullable Duration retryAfter;

  /**
   * Makes an exception.
   *
   * @param kind what can be done about it
   * @param reason a few words that failures are counted by, one of a small number of them: {@code
   *     HTTP 503}, {@code connection refused}
   * @param message what happened, with everything that helps
   */
  public StoreException(Kind kind, String reason, String message) {
    this(kind, reason, message, null, null);
  }

  /**
   * Makes an exception.
   *
   * @param kind what can be done about it
   * @param reason a few words that failures are counted by, one of a small number of them
   * @param message what happened, with everything that helps
   * @param retryAfter how long the store wants to be left alone, null if it did not say; a time
   *     that is over says nothing either
   * @param cause what made it fail, null if the store said so
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

  /** What can be done about it. */
  public Kind kind() {
    return kind;
  }

  /** What failures are counted by: a few words, of which there is a small number. */
  public String reason() {
    return reason;
  }

  /** How long the store wants to be left alone; null if it did not say. */
  public @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
