package io.heddle.queue;

/**
 * A delivery was to be settled, or its lease to be extended, by one who no longer has the lease.
 * Nothing has happened: another worker has the message, or it was settled.
 */
public final class LeaseLostException extends QueueException {
  private static final long serialVersionUID = 1L;

  LeaseLostException(Delivery delivery) {
    super(
        "the lease of message "
            + delivery.key()
            + " of stage "
            + delivery.stage()
            + " is lost: it ended and another worker took the message, or it was settled");
  }
}
