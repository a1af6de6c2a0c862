package io.heddle.testing;

import io.heddle.PanicException;

/**
 * Says which goroutine failed and what the others did, as a suppressed exception of its failure.
 * The failures of other goroutines follow that one.
 */
final class Failed extends Exception {
  private static final long serialVersionUID = 1;

  private Failed(String message) {
    super(message, null, false, false);
  }

  /** What made a goroutine fail, to be thrown. */
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
