package io.heddle.queue;

/**
 * A failure of the queue: its database cannot be reached, is full, or was stopped. The message
 * names the database and the error. The effect of the failed call is unknown. The call may be
 * repeated: nothing is published or settled twice.
 */
public class QueueException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message the database, and the error
   */
  public QueueException(String message, Throwable cause) {
    super(message, cause);
  }

  QueueException(String message) {
    super(message);
  }
}
