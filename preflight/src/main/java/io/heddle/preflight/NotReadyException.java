package io.heddle.preflight;

import org.jspecify.annotations.Nullable;

/** Ends a check from within: it has found what the CA would stumble over. Costs no stack trace. */
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
