package io.heddle;

import org.jspecify.annotations.Nullable;

/**
 * The deadline of a context has passed: Go's {@code context.DeadlineExceeded}. The time limit of a
 * single operation ends in a {@link java.util.concurrent.TimeoutException} instead.
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

  /** Without a stack trace, which would be that of the thread that runs the alarm. */
  static DeadlineExceededException withoutTrace(String message, @Nullable Throwable cause) {
    return new DeadlineExceededException(message, cause, false);
  }

  private DeadlineExceededException(String message, @Nullable Throwable cause, boolean hasTrace) {
    super(message, cause, hasTrace);
  }
}
