package io.heddle.orders.files;

/** A certificate is not what was ordered, or not to be trusted; the message says why. */
public final class ChainException extends Exception {
  private static final long serialVersionUID = 1;

  ChainException(String message) {
    super(message);
  }
}
