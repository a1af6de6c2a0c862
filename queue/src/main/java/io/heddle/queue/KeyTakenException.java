package io.heddle.queue;

/**
 * Signals that a delivery could not be handed on, because a stage has another message with one of
 * the keys. The delivery is unchanged: no message is lost.
 */
public final class KeyTakenException extends QueueException {
  private static final long serialVersionUID = 1;

  KeyTakenException(Delivery delivery) {
    super(
        "a message of stage "
            + delivery.stage()
            + " with the key "
            + delivery.key()
            + " cannot be handed on: a stage has another message with a key that it was to have");
  }
}
