package io.heddle.queue;

/**
 * What a delivery was to hand on was not added, as a stage has another message with one of the
 * keys. The delivery is as it was: nothing is lost.
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
