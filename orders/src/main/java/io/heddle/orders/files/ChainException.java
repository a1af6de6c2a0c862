package io.heddle.orders.files;

/** A certificate is not what was ordered, or not to be trusted; the message says why. */
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

  /** Whether it is the time alone that is wrong. */
  public boolean isOfTime() {
    return isOfTime;
  }
}
