package io.heddle.queue;

/**
 * A worker tried to settle a delivery or to extend its lease, but no longer had the lease. The call
 * had no effect: another worker has the message, or the message was settled.
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
