package io.heddle.orders.files;

/** A certificate does not match the order, or is not trusted; the message says why. */
public final class ChainException extends Exception {
  private static final long serialVersionUID = 1;

  /** The kind of fault. */
  private final Fault fault;

  /** The kinds of fault. */
  public enum Fault {
    /** The certificate is for other names, or for another key. */
    CONTENT,
    /** Only the period of validity is wrong, by this machine's clock. */
    TIME,
    /** The chain does not lead to a trusted root. */
    TRUST
  }

  ChainException(Fault fault, String message) {
    super(message);
    this.fault = fault;
  }

  /** The kind of fault. */
  public Fault fault() {
    return fault;
  }
}
