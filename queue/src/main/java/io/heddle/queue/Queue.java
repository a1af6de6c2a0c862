package io.heddle.queue;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A durable queue of messages in stages. What a call did is on disk when it returns, and survives
 * the death of the process and of the machine.
 *
 * {@snippet :
 * queue.publish(List.of(new Message("check", "order-7", json)));
 * for (Delivery delivery : queue.claim("check", 10, Duration.ofMinutes(1))) {
 *   queue.settle(delivery, Outcome.done(new Message("validate", delivery.key(), delivery.body())));
 * }
 * }
 *
 * <p>Delivery is at least once: a message whose worker dies is delivered again when its lease ends.
 * In effect a stage completes once, because settling a delivery and publishing to the next stage is
 * one transaction, and only the latest lease can settle. {@link Consumer} is a worker: it claims,
 * extends leases while it works, and settles.
 *
 * <p>A message goes through its stage like this:
 *
 * <pre>{@code
 * publish --> WAITING -- claim, when due --> LEASED -- Done --> gone, and what is next is published
 *               ^ ^                          |    |
 *               | +- Retry, Defer, later ----+    +-- Dead --> DEAD -- purge --> gone
 *               |    (and claim again when the lease has ended)  |
 *               +--------------------- replay -------------------+
 * }</pre>
 *
 * <p>Any number of goroutines may call a queue at the same time. A call waits for the disk, or for
 * the database's answer. If the thread is interrupted before the call has begun, nothing happens;
 * once begun, it is carried to its end, and the thread is interrupted still.
 *
 * <p>What a goroutine did before it published happens before another claims the message.
 */
public interface Queue extends AutoCloseable {
  /**
   * Publishes messages, all or none.
   *
   * @return how many were added: those whose stage and key are not in the queue yet
   */
  int publish(List<Message> messages) throws QueueException, InterruptedException;

  /**
   * Publishes a message, unless one with its key is in the queue already, in whatever stage and
   * state. Of several calls with one key, at the same time and by any process, one adds its
   * message, however far that has come meanwhile.
   */
  boolean publishIfAbsent(Message message) throws QueueException, InterruptedException;

  /**
   * Publishes messages for a worker that is still working on a delivery: all of them, or none. That
   * the worker has the lease and that the messages are published is one transaction, so what a
   * worker publishes this way is there before anybody else can claim its message.
   *
   * <p>A message that waits already with the same stage, key and body is published anew: its delay
   * begins again.
   *
   * @param messages what to publish, with different keys
   * @return true if all were published; false if a stage has another message with one of the keys
   * @throws LeaseLostException if the lease is another's by now, or the delivery was settled; then
   *     nothing was published. A lease that has run out but was given to nobody else is good
   */
  boolean publishWhileLeased(Delivery holder, List<Message> messages)
      throws QueueException, InterruptedException;

  /**
   * What became of a message that was to be published with a hold.
   *
   * @param isNew whether it was added
   * @param key the key of the message that is there instead: the same if a message with that key is
   *     in the queue already, and another if that one holds the resource
   */
  record Publication(boolean isNew, String key) {}

  /**
   * Publishes a message as {@link #publishIfAbsent} does, and has it hold a resource, unless a
   * message of another owner holds that. Of several calls for one resource, at the same time and by
   * any process, one adds its message.
   *
   * @param hold what it holds from then on
   * @return whether it was added, and if not, which message is in its place
   */
  Publication publishWithHold(Message message, Hold hold)
      throws QueueException, InterruptedException;

  /**
   * Has a message hold resources, all or none. What it holds already it goes on holding. A hold of
   * another owner that does not count at this moment ends for good.
   *
   * @param key the key of the message, which should be leased by the caller
   * @return null if it holds all of them; else the key of a message of another owner that holds one
   */
  @Nullable String hold(String key, List<Hold> holds) throws QueueException, InterruptedException;

  /**
   * Whether a message has held a resource and nobody else has since, whether or not that counts at
   * this moment.
   *
   * @return whether {@link #hold} was the last to be called for it by the message's owner
   */
  boolean holds(String key, String resource) throws QueueException, InterruptedException;

  /**
   * Takes a message back that was published, unless a worker has it or it is dead.
   *
   * @param message the message; only one with the same stage, key and body is taken back
   */
  boolean retract(Message message) throws QueueException, InterruptedException;

  /**
   * Takes messages that are due, those that are due longest first, and waits until there is one.
   *
   * @param max how many at most, at least 1
   * @param lease the time until they are due again, for another worker, unless they are settled or
   *     the lease is extended before
   * @throws InterruptedException if the thread is interrupted; nothing was taken
   */
  List<Delivery> claim(String stage, int max, Duration lease)
      throws QueueException, InterruptedException;

  /**
   * Takes messages that are due, as {@link #claim} does, without waiting for any.
   *
   * @param max how many at most, at least 1
   * @param lease how long they are taken for
   * @return the deliveries; none if no message is due
   * @throws InterruptedException if the thread is interrupted; nothing was taken
   */
  List<Delivery> tryClaim(String stage, int max, Duration lease)
      throws QueueException, InterruptedException;

  /**
   * Records that the work on a delivery begins. If the lease is lost after that, the next delivery
   * counts it in {@link Delivery#begun}. A worker calls it before it begins to work on a message
   * that has had {@linkplain Delivery#losses losses}; for other messages the write would be
   * useless.
   *
   * @throws LeaseLostException if the lease is another's by now, or the delivery was settled; then
   *     nothing was recorded
   */
  void begin(Delivery delivery) throws QueueException, InterruptedException;

  /**
   * Says what became of a delivery, and publishes what is next, in one transaction.
   *
   * @throws LeaseLostException if the lease is another's by now, or the delivery was settled; then
   *     nothing has happened. A lease that has run out but was given to nobody else is good
   */
  void settle(Delivery delivery, Outcome outcome) throws QueueException, InterruptedException;

  /**
   * The heart-beat: has leases run for some time from now.
   *
   * @param deliveries those that are being worked on
   * @return those whose lease is lost: whoever works on them should stop
   */
  List<Delivery> extend(List<Delivery> deliveries, Duration lease)
      throws QueueException, InterruptedException;

  /**
   * Looks at messages, in the order in which they were published to their stages.
   *
   * @param after those after the one with this id; 0 for the first
   */
  List<Entry> list(Filter filter, long after, int limit)
      throws QueueException, InterruptedException;

  /** Has dead messages be due at once, as if they had just been published to their stages. */
  long replay(Filter filter) throws QueueException, InterruptedException;

  /** Removes dead messages for good. */
  long purge(Filter filter) throws QueueException, InterruptedException;

  /**
   * Removes dead messages for good that somebody has looked at, all or none.
   *
   * @param seen the messages; one that is not dead, or has changed since, is kept
   */
  long purge(List<Entry> seen) throws QueueException, InterruptedException;

  /**
   * Counts the messages. Takes time in proportion to how many there are.
   *
   * @return figures for each stage and state that has any
   */
  List<StageStats> stats() throws QueueException, InterruptedException;

  /**
   * The message with a key that was published last, in whatever stage and state; null if there is
   * none.
   */
  @Nullable Entry find(String key) throws QueueException, InterruptedException;

  /**
   * Closes the database, when the calls that have begun are done. Those who wait for messages get
   * an exception. What is leased stays so until the lease ends, or the embedded queue is opened
   * again. Closing twice does nothing.
   */
  @Override
  void close();
}
