package io.heddle;

import org.jspecify.annotations.Nullable;

/**
 * An operation did not happen because its context was done: Go's {@code ctx.Err()} as an error. Its
 * cause is {@link Context#cause}. An operation that was given a {@link java.time.Duration} instead
 * of a context throws {@link java.util.concurrent.TimeoutException}, which is not a
 * ContextException: nothing was cancelled.
 */
public abstract sealed class ContextException extends RuntimeException
    permits CancelledException, DeadlineExceededException {
  private static final long serialVersionUID = 1;

  ContextException(String message, @Nullable Throwable cause, boolean hasTrace) {
    super(message, cause, true, hasTrace);
  }

  /** What an operation throws that found its context done. */
  static ContextException of(String operation, @Nullable Context context) {
    Routine.learnOfCancellation(CancelContext.endOfOurs(context));
    ContextException error = context == null ? null : context.error();
    Throwable cause = context == null ? null : context.cause();
    String message =
        operation
            + ": "
            + (error == null ? "cancelled" : error.getMessage() + CancelContext.sinceEnd(context))
            + (error == null || cause == error ? "" : place(error));
    return error instanceof DeadlineExceededException
        ? new DeadlineExceededException(message, cause)
        : new CancelledException(message, cause);
  }

  /** Where a context was ended: the trace of its cause is that of something else. */
  private static String place(ContextException error) {
    String place = Creator.placeIn(error);
    return place == null ? "" : " at " + place;
  }
}
