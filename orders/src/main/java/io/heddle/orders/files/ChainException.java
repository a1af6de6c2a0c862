package io.heddle.orders.files;

/** A certificate does not match the order, or is not trusted; the message says why. */
public final class ChainException extends Exception {
  private static final long serialVersionUID = 1;

  /** What is wrong. */
  private final Fault fault;

  /** What is wrong. */
  public enum Fault {
    /** It is for other names, or for another key. */
    CONTENT,
    /** Only the period of validity: by our clock it is not valid at this time. */
    TIME,
    /** It does not lead to a root that is trusted here. */
    TRUST
  }

  ChainException(Fault fault, String message) {
    super(message);
    this.fault = fault;
  }

  /** What is wrong. */
  public Fault fault() {
    return fault;
  }
}
