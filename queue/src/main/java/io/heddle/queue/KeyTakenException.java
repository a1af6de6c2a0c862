package io.heddle.queue;

/**
 * Signals that a delivery could not be handed on, because a stage has another message with one of
 * the keys. The delivery is unchanged: no message is lost.
 */
public final class KeyTakenException extends QueueException {
  private static final long serialVersionUID = 1;

  KeyTakenException(String stage, String key) {
    super(
        "a message of stage "
            + stage
            + " with the key "
            + key
            + " cannot be handed on: a stage has another message with a key that it was to have");
  }
}
