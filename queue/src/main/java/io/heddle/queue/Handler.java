package io.heddle.queue;

import io.heddle.Context;

/** The work of a stage. */
@FunctionalInterface
public interface Handler {
  /**
   * Works on a message. It may be called twice for one, if a worker died or was cut off between
   * doing the work and saying so: what it does to the outside must bear that.
   *
   * @param context done when the work is in vain, because the lease is lost, or has to end; the
   *     handler's goroutine is interrupted then
   * @throws Exception if anything went wrong: the message is tried again, as the consumer's
   *     settings say
   */
  Outcome handle(Delivery delivery, Context context) throws Exception;

  /**
   * What a message becomes that the consumer gives up without asking the handler: its workers do
   * not survive it, or the handler throws exceptions again and again. A handler whose messages say
   * for themselves how they are has this say it, too. It should only write that down.
   */
  default Outcome.Dead givenUp(Delivery delivery, String reason) {
    return new Outcome.Dead(reason);
  }
}
