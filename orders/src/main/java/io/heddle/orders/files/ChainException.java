package io.heddle.orders.files;

/** A certificate does not match the order, or is not trusted; the message says why. */
public final class ChainException extends Exception {
  private static final long serialVersionUID = 1;

  /** Whether only the period of validity is wrong. */
  private final boolean isOfTime;

  ChainException(String message) {
    this(message, false);
  }

  ChainException(String message, boolean isOfTime) {
    super(message);
    this.isOfTime = isOfTime;
  }

  /** Whether only the period of validity is wrong. */
  public boolean isOfTime() {
    return isOfTime;
  }
}
