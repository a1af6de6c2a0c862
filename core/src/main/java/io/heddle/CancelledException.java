package io.heddle;

import org.jspecify.annotations.Nullable;

/** The context was cancelled: Go's {@code context.Canceled}. */
public final class CancelledException extends ContextException {
  private static final long serialVersionUID = 1;

  /**
   * Makes an exception, for {@link Context}s of your own.
   *
   * @param message names the cancelled operation
   * @param cause why, or null
   */
  public CancelledException(String message, @Nullable Throwable cause) {
    super(message, cause, true);
  }

  CancelledException(String message, @Nullable Throwable cause, boolean hasTrace) {
    super(message, cause, hasTrace);
  }
}
