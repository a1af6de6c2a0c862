package io.heddle.preflight;

import org.jspecify.annotations.Nullable;

/** Ends a check that has found a problem. It has no stack trace, so it is cheap. */
final class NotReadyException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient CheckResult outcome;

  NotReadyException(CheckResult outcome) {
    this(outcome, null);
  }

  NotReadyException(CheckResult outcome, @Nullable Throwable cause) {
    super(outcome.detail(), cause, true, false);
    this.outcome = outcome;
  }

  CheckResult outcome() {
    return outcome;
  }
}
