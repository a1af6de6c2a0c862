package io.heddle.queue;

import java.time.Duration;

/** Is told what a consumer does, for logs and metrics. Its methods should return soon. */
public interface Observer {
  /** Takes notice of nothing. */
  Observer NONE = new Observer() {};

  /**
   * A message was worked on, and its outcome is stored.
   *
   * @param took how long it was worked on
   */
  default void settled(Delivery delivery, Outcome outcome, Duration took) {}

  /** The work on a message was in vain: its lease is lost, and another worker has it or will. */
  default void lost(Delivery delivery) {}

  /** The queue failed. The consumer goes on, and tries again. */
  default void failed(String stage, QueueException failure) {}
}
