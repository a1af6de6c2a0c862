package io.heddle.evidence.history;

/** One execution of an operation: when it was called, when it returned, and what. */
final class Call {
  /** The time of what has not happened. */
  static final long NEVER = Long.MAX_VALUE;

  final int thread;
  final Operation operation;
  long called = NEVER;
  long returned = NEVER;
  int outcome = Outcome.NONE;

  Call(int thread, Operation operation) {
    this.thread = thread;
    this.operation = operation;
  }

  Call copy() {
    Call copy = new Call(thread, operation);
    copy.called = called;
    copy.returned = returned;
    copy.outcome = outcome;
    return copy;
  }

  boolean wasCalled() {
    return called != NEVER && outcome != Outcome.SKIPPED;
  }

  boolean hasReturned() {
    return returned != NEVER;
  }
}
