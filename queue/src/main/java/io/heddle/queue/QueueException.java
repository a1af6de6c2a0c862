package io.heddle.queue;

/**
 * The queue could not do what it was asked for: its database cannot be reached, is full, was
 * stopped in the middle. The message says which database and what happened. Whether a call that
 * failed so had an effect is unknown. It may be repeated: nothing is published or settled twice.
 */
public class QueueException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param message which database, and what happened
   */
  public QueueException(String message, Throwable cause) {
    super(message, cause);
  }

  QueueException(String message) {
    super(message);
  }
}
