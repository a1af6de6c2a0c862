package io.heddle.queue;

import io.heddle.Context;

/** The work of a stage. */
@FunctionalInterface
public interface Handler {
  /**
   * Works on a message. It may be called twice for a message, if a worker died or was cut off after
   * the work and before storing the outcome: the work's effects must tolerate that.
   *
   * @param context done when the lease is lost, which makes the work useless, or when the work must
   *     end; the handler's goroutine is interrupted then
   * @throws Exception if anything went wrong: the message is retried according to the consumer's
   *     settings
   */
  Outcome handle(Delivery delivery, Context context) throws Exception;

  /**
   * Returns the outcome for a message that the consumer gives up without running the handler,
   * because its workers do not survive it, or the handler keeps throwing exceptions. If the body of
   * a message contains its state, the handler can record the failure there. It should do nothing
   * else.
   */
  default Outcome.Dead givenUp(Delivery delivery, String reason) {
    return new Outcome.Dead(reason);
  }
}
