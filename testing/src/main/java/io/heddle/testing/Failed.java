package io.heddle.testing;

import io.heddle.PanicException;

/**
 * Names the goroutine that failed and shows what the others did, as a suppressed exception of the
 * failure. The failures of other goroutines follow it.
 */
final class Failed extends Exception {
  private static final long serialVersionUID = 1;

  private Failed(String message) {
    super(message, null, false, false);
  }

  /** The exception with which a goroutine failed, to be thrown. */
  static Exception with(PanicException panic) {
    Throwable cause = panic.getCause();
    if (cause == null) {
      return panic;
    }
    cause.addSuppressed(new Failed(panic.getMessage() + "\n" + panic.goroutines()));
    for (Throwable other : panic.getSuppressed()) {
      cause.addSuppressed(other);
    }
    if (cause instanceof Exception exception) {
      return exception;
    }
    throw (Error) cause;
  }
}
