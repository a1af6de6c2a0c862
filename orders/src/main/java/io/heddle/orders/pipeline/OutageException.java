package io.heddle.orders.pipeline;

/** Signals that this process cannot check any domain; the message has the reason. */
final class OutageException extends Exception {
  private static final long serialVersionUID = 1;

  OutageException(String message) {
    super(message);
  }
}
