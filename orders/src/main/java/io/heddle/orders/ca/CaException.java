package io.heddle.orders.ca;

import io.heddle.orders.Problem;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The CA did not do what it was asked for. */
public final class CaException extends Exception {
  private static final long serialVersionUID = 1;

  /** What to do about the failure. */
  private final Kind kind;

  private final transient Problem problem;

  /** After how long the CA wants to be asked again; null if it does not say. */
  private final @Nullable Duration retryAfter;

  /** What to do about it. */
  public enum Kind {
    /** Try again: the network failed, the CA had a fault of its own, or all nonces were refused. */
    TRANSIENT,
    /** Wait: the CA, or a limit of ours, says that it is enough for now. */
    RATE_LIMITED,
    /** The CA does not know the order, authorization or challenge any more. */
    GONE,
    /** The CA refuses, and will refuse the same again. */
    REFUSED,
    /** The CA does not serve our account, whatever it is asked for: the operator has to act. */
    ACCOUNT
  }

  /**
   * Makes an exception.
   *
   * @param retryAfter after how long the CA wants to be asked again, a day at most; null if it does
   *     not say
   * @param cause what came of the network or the library, if anything
   */
  public CaException(
      Kind kind, Problem problem, @Nullable Duration retryAfter, @Nullable Throwable cause) {
    super(problem.toString(), cause);
    this.kind = kind;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  /** What to do about it. */
  public Kind kind() {
    return kind;
  }

  /**
   * What happened. The title is for anybody; the detail of what is {@link Kind#TRANSIENT} is for
   * the operator: it has the host, and what the CA says of itself.
   */
  public Problem problem() {
    return problem;
  }

  /** After how long the CA wants to be asked again, a day at most; null if it does not say. */
  public @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
