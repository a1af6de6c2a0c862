package io.heddle.orders.notify;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Gets notifications. Only the operator configures receivers. */
interface Receiver extends AutoCloseable {
  /** The stage of the notifications that wait for it, and its name in logs and metrics. */
  String stage();

  /** Where notifications go, for the audit log. */
  String place();

  /**
   * Delivers a notification. It may be called twice for one: if a worker has died, or the answer
   * was lost.
   *
   * @throws RefusedException if the receiver refuses it, or fails
   * @throws IOException if the receiver cannot be reached, or does not answer in time
   */
  void deliver(Notification notification) throws IOException, InterruptedException;

  @Override
  default void close() {}

  /** Signals that a receiver did not accept a notification; the message says why. */
  final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;

    private final @Nullable Duration retryAfter;

    RefusedException(String message, @Nullable Duration retryAfter) {
      super(message);
      this.retryAfter = retryAfter;
    }

    /** When the receiver wants to be asked again; null if it does not say. */
    @Nullable Duration retryAfter() {
      return retryAfter;
    }
  }
}
