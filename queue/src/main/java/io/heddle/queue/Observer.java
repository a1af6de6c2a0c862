package io.heddle.queue;

import java.time.Duration;

/** Is notified of a consumer's work, for logs and metrics. Its methods should return soon. */
public interface Observer {
  /** Does nothing. */
  Observer NONE = new Observer() {};

  /**
   * A message was worked on, and its outcome is stored.
   *
   * @param took the duration of the work
   */
  default void settled(Delivery delivery, Outcome outcome, Duration took) {}

  /** The work on a message was useless: its lease is lost, and another worker has it or will. */
  default void lost(Delivery delivery) {}

  /** The queue failed. The consumer continues to try. */
  default void failed(String stage, QueueException failure) {}
}
