package io.heddle.queue;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A queue whose stages can be channels between programs. A stage that is used as a channel can end,
 * and the messages of one {@linkplain Message#owner owner} are delivered in the order in which they
 * were published.
 *
 * <p>Every process must claim from such a stage with {@link #claimInOrder}, and publish to it with
 * {@link #publishIfOpen}.
 */
public interface ChannelQueue extends Queue {
  /** The result of publishing a message to a stage that may have ended. */
  enum Sent {
    /** The message was added. */
    ADDED,
    /** The queue contains a message with this key, in any stage and state. */
    PRESENT,
    /** The stage has ended; nothing was added. */
    ENDED
  }

  /**
   * Publishes a message as {@link #publishIfAbsent} does, unless its stage has ended. A message of
   * the stage {@code seen} that has the same key, waits and is due counts as absent: it is removed
   * in the same transaction.
   *
   * @param seen the stage with keys that are remembered until they {@linkplain #expire expire}
   * @param holder the message is published only if this lease is valid, in one transaction with the
   *     check; null for no condition. An expired lease that no other worker has taken is valid
   * @throws LeaseLostException if another worker has the holder's lease, or the holder was settled;
   *     nothing was published
   */
  Sent publishIfOpen(Message message, String seen, @Nullable Delivery holder)
      throws QueueException, InterruptedException;

  /**
   * Ends a stage: {@link #publishIfOpen} adds no more messages to it. Messages that are in the
   * stage are delivered as before. Has no effect on a stage that has ended.
   */
  void end(String stage) throws QueueException, InterruptedException;

  /**
   * Takes messages that are due, as {@link #claim(String, int, Duration)} does, except those behind
   * an earlier message of their owner that is waiting or leased. So at most one message of an owner
   * is leased at a time, and a retry delays the owner's later messages. A dead message delays none.
   *
   * @param max the highest number, at least 1
   * @param lease the time until they are due again, unless they are settled or extended before
   * @return the deliveries; empty if the stage has ended and has no waiting or leased message
   * @throws InterruptedException if the thread is interrupted; no message was taken
   */
  List<Delivery> claimInOrder(String stage, int max, Duration lease)
      throws QueueException, InterruptedException;

  /**
   * Removes waiting messages that are due, without delivering them.
   *
   * @param max the highest number, at least 1
   * @return the number of removed messages
   */
  long expire(String stage, int max) throws QueueException, InterruptedException;
}
