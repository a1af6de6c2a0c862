package io.heddle;

import org.jspecify.annotations.Nullable;

/**
 * The time was over: of a context with a deadline, or of an operation with a time limit of its own.
 * Go's {@code context.DeadlineExceeded}.
 */
public final class DeadlineExceededException extends ContextException {
  private static final long serialVersionUID = 1;

  /**
   * Makes an exception, for {@link Context}s of your own.
   *
   * @param message what took too long
   * @param cause why, or null
   */
  public DeadlineExceededException(String message, @Nullable Throwable cause) {
    super(message, cause, true);
  }
}
