package io.heddle.orders.pipeline;

/** No domain can be checked from here: the message says why, to the operator. */
final class OutageException extends Exception {
  private static final long serialVersionUID = 1;

  OutageException(String message) {
    super(message);
  }
}
