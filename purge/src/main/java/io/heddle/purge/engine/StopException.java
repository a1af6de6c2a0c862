package io.heddle.purge.engine;

import io.heddle.purge.StoreException;
import org.jspecify.annotations.Nullable;

/** Why a run stops early: the cause with which its context is cancelled. */
final class StopException extends Exception {
  private static final long serialVersionUID = 1;

  final Ending ending;

  StopException(Ending ending, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.ending = ending;
  }

  /** A failure that concerns more than one key. */
  static StopException of(String what, StoreException e) {
    Ending ending =
        switch (e.kind()) {
          case NOT_FOUND -> Ending.STORE_NOT_FOUND;
          case UNAUTHORISED, FORBIDDEN -> Ending.UNAUTHORISED;
          case THROTTLED, UNAVAILABLE, TIMEOUT, LOCKED, UNREACHABLE, PRECONDITION, INVALID ->
              Ending.FATAL;
        };
    String why =
        switch (ending) {
          case STORE_NOT_FOUND -> "there is no such store: ";
          case UNAUTHORISED -> "the store denied access: ";
          default -> "";
        };
    return new StopException(ending, why + what + ": " + e.getMessage(), e);
  }
}
