package io.heddle.orders.ca;

import io.heddle.orders.Problem;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The CA did not fulfil a request. */
public final class CaException extends Exception {
  private static final long serialVersionUID = 1;

  /** How to handle the failure. */
  private final Kind kind;

  private final transient Problem problem;

  /** When the CA wants to be asked again; null if it does not say. */
  private final @Nullable Duration retryAfter;

  /** How to handle the failure. */
  public enum Kind {
    /** Try again: the network or the CA failed, or all nonces were rejected. */
    TRANSIENT,
    /** Wait: a limit of the CA, or one of Heddle's, has been reached. */
    RATE_LIMITED,
    /** The CA does not know the order, authorization or challenge any more. */
    GONE,
    /** The CA refuses, and will refuse the same again. */
    REFUSED,
    /** The CA does not serve the account, whatever the request: the operator must act. */
    ACCOUNT
  }

  /**
   * Makes an exception.
   *
   * @param retryAfter when the CA wants to be asked again, within a day; null if it does not say
   * @param cause the exception of the network or the library, if any
   */
  public CaException(
      Kind kind, Problem problem, @Nullable Duration retryAfter, @Nullable Throwable cause) {
    super(problem.toString(), cause);
    this.kind = kind;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  /** How to handle the failure. */
  public Kind kind() {
    return kind;
  }

  /**
   * What happened. The title is for everyone. The detail of a {@link Kind#TRANSIENT} failure is for
   * the operator only, since it contains the host, and the CA's internal error.
   */
  public Problem problem() {
    return problem;
  }

  /** When the CA wants to be asked again, within a day; null if it does not say. */
  public @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
