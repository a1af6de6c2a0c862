package io.heddle.queue;

import io.heddle.Case;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A durable queue of messages in stages. When a call returns, its effect is on disk, and survives
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
 * the database's answer. If the thread is interrupted before the call has begun, the call has no
 * effect. A call that has begun runs to its end, and the thread's interrupt status stays set.
 *
 * <p>A goroutine's actions before it publishes a message happen before another claims the message.
 */
public interface Queue extends AutoCloseable {
  /**
   * Publishes messages, all or none.
   *
   * @return how many messages were added: those whose stage and key are not in the queue yet
   */
  int publish(List<Message> messages) throws QueueException, InterruptedException;

  /**
   * Publishes a message, unless the queue contains one with its key, in any stage and state. If
   * several processes call this with one key at the same time, exactly one adds its message,
   * however far that message has moved meanwhile.
   */
  boolean publishIfAbsent(Message message) throws QueueException, InterruptedException;

  /**
   * Publishes messages for a worker that is still working on a delivery: all of them, or none. The
   * check of the lease and the publication are one transaction, so messages that a worker publishes
   * this way are in the queue before any other worker can claim its message.
   *
   * <p>If a message with the same stage, key and body is waiting already, it is published anew: its
   * delay begins again.
   *
   * @param holder the delivery that the worker is working on
   * @param messages what to publish, with different keys
   * @return true if all were published; false if a stage has another message with one of the keys
   * @throws LeaseLostException if another worker has the lease, or the delivery was settled; then
   *     nothing was published. An expired lease that no other worker has taken is still valid
   */
  boolean publishWhileLeased(Delivery holder, List<Message> messages)
      throws QueueException, InterruptedException;

  /**
   * The result of publishing a message with a hold.
   *
   * @param isNew whether it was added
   * @param key the message's key if it was added or is in the queue already; otherwise the key of
   *     the message that holds the resource
   * @param exceeded the quota that prevented the publication; null if none did
   */
  record Publication(boolean isNew, String key, Quota.@Nullable Exceeded exceeded) {
    /** A result that no quota has prevented. */
    public Publication(boolean isNew, String key) {
      this(isNew, key, null);
    }
  }

  /**
   * Publishes a message as {@link #publishIfAbsent} does, and makes it hold a resource, unless a
   * message of another owner holds the resource. If several processes call this for one resource at
   * the same time, one adds its message.
   *
   * @param hold what it holds from then on
   * @param quotas the quotas of the message's owner, which are not applied if there is a message in
   *     its place. Concurrent calls never exceed a quota
   * @param note stored if the message was added; null for none
   * @return whether it was added, and if not, which message is in its place, or which quota is used
   *     up
   */
  Publication publishWithHold(Message message, Hold hold, List<Quota> quotas, @Nullable Note note)
      throws QueueException, InterruptedException;

  /** Publishes a message that holds a resource, without a note. */
  default Publication publishWithHold(Message message, Hold hold, List<Quota> quotas)
      throws QueueException, InterruptedException {
    return publishWithHold(message, hold, quotas, null);
  }

  /**
   * Makes a message hold resources, all or none, in addition to those that it holds. Removes
   * another owner's hold that does not count at this moment.
   *
   * @param key the key of the message, which should be leased by the caller
   * @return null if it holds all of them; else the key of another owner's message that holds one
   */
  @Nullable String hold(String key, List<Hold> holds) throws QueueException, InterruptedException;

  /**
   * Whether a message has held a resource, and no message of another owner has held it since. It
   * does not matter whether the hold counts at this moment.
   */
  boolean holds(String key, String resource) throws QueueException, InterruptedException;

  /**
   * Takes a published message back, unless a worker has leased it or it is dead.
   *
   * @param message the message; only one with the same stage, key and body is taken back
   */
  boolean retract(Message message) throws QueueException, InterruptedException;

  /**
   * Takes messages that are due, the longest due first, and waits until there is one.
   *
   * @param max the highest number, at least 1
   * @param lease the time until they are due again, for another worker, unless they are settled or
   *     the lease is extended before
   * @throws InterruptedException if the thread is interrupted; no message was taken
   */
  List<Delivery> claim(String stage, int max, Duration lease)
      throws QueueException, InterruptedException;

  /**
   * Takes messages that are due, as {@link #claim(String, int, Duration)} does, except those of
   * some owners.
   *
   * @param max the highest number, at least 1
   * @param lease how long they are taken for
   * @param except the owners whose messages are excluded; messages without an owner never are
   * @throws InterruptedException if the thread is interrupted; no message was taken
   */
  List<Delivery> claim(String stage, int max, Duration lease, Set<String> except)
      throws QueueException, InterruptedException;

  /**
   * Takes messages that are due, as {@link #claim} does, without waiting for one.
   *
   * @param max the highest number, at least 1
   * @param lease the duration of the lease
   * @return the deliveries; empty if no message is due
   * @throws InterruptedException if the thread is interrupted; no message was taken
   */
  List<Delivery> tryClaim(String stage, int max, Duration lease)
      throws QueueException, InterruptedException;

  /**
   * Records that the work on a delivery begins. If the lease is lost after that, the next delivery
   * counts it in {@link Delivery#begun}. A worker calls this before it begins to work on a message
   * that has had {@linkplain Delivery#losses losses}; for other messages the write would be
   * useless.
   *
   * @throws LeaseLostException if another worker has the lease, or the delivery was settled; then
   *     nothing was recorded
   */
  void begin(Delivery delivery) throws QueueException, InterruptedException;

  /**
   * Stores the outcome of a delivery, and publishes its follow-up messages, in one transaction.
   *
   * @throws LeaseLostException if another worker has the lease, or the delivery was settled; then
   *     nothing has happened. A lease that has expired is good until another worker gets it
   * @throws KeyTakenException if a stage has another message with the key of one that is next; then
   *     nothing has happened
   */
  void settle(Delivery delivery, Outcome outcome) throws QueueException, InterruptedException;

  /**
   * Stores an outcome for a message that a person has reviewed, in place of a worker's outcome: to
   * give a message up, for example, or to make it due at once. If a worker has leased the message,
   * the worker loses the lease, and its outcome is not stored.
   *
   * @param seen the message as it was listed; it may be waiting or leased
   * @param note stored if the outcome was stored; null for none
   * @return whether the outcome was stored; if not, the message is dead, or it has changed since it
   *     was listed, and nothing has happened. A heartbeat is a change
   * @throws KeyTakenException if a stage has another message with the key of one that is next; then
   *     nothing has happened
   */
  boolean settle(Entry seen, Outcome outcome, @Nullable Note note)
      throws QueueException, InterruptedException;

  /**
   * The heartbeat: extends leases to some time from now.
   *
   * @param deliveries the deliveries in progress
   * @return those whose lease is lost: their workers should stop
   */
  List<Delivery> extend(List<Delivery> deliveries, Duration lease)
      throws QueueException, InterruptedException;

  /**
   * Lists messages, in the order in which they were published to their stages.
   *
   * @param after lists messages with ids above this; 0 for the first page
   */
  List<Entry> list(Filter filter, long after, int limit)
      throws QueueException, InterruptedException;

  /**
   * Lists messages that any of some filters selects, as {@link #list(Filter, long, int)} does.
   * Takes as long as one call for each filter, but is one transaction.
   *
   * @param filters the filters, no two of which select the same message
   * @param after lists messages with ids above this; 0 for the first page
   */
  List<Entry> list(List<Filter> filters, long after, int limit)
      throws QueueException, InterruptedException;

  /**
   * Finds messages by a term, those with the lowest rank first. A page takes time in proportion to
   * its length, unless the search has conditions that few messages with the term fulfil.
   *
   * @param after the cursor of the page before; null for the first page
   * @throws IllegalArgumentException if the cursor is not one
   */
  Search.Page search(Search search, @Nullable String after, int limit)
      throws QueueException, InterruptedException;

  /** The events in the life of a message with an owner, the oldest first. */
  List<Event> history(String key) throws QueueException, InterruptedException;

  /**
   * Counts publications with a hold, hand-overs and deaths of messages that still exist. Takes time
   * in proportion to their number in the window.
   *
   * @param window how far to look back
   * @param period the length of the periods in which they are counted
   */
  List<Event.Count> counts(Duration window, Duration period)
      throws QueueException, InterruptedException;

  /**
   * Adds a note to the audit log, for a change that another call does not note.
   *
   * @param key the key of the message concerned; empty for none
   * @param owner the message's owner; empty for none
   */
  void note(Note note, String key, String owner) throws QueueException, InterruptedException;

  /**
   * Reads the audit log, the latest note first.
   *
   * @param owner reads notes of this owner's messages; null for all
   * @param key reads notes of messages with this key; null for all
   * @param before reads notes with lower ids than this; {@link Long#MAX_VALUE} for the first page
   */
  List<Note.Stored> notes(@Nullable String owner, @Nullable String key, long before, int limit)
      throws QueueException, InterruptedException;

  /**
   * Makes dead messages due at once, as if they had just been published to their stages.
   *
   * @param note stored for each replayed message; null for none
   */
  long replay(Filter filter, @Nullable Note note) throws QueueException, InterruptedException;

  /** Replays dead messages without a note. */
  default long replay(Filter filter) throws QueueException, InterruptedException {
    return replay(filter, null);
  }

  /**
   * The result of a replay.
   *
   * @param isDone whether the message was dead and is now due
   * @param exceeded the quota that prevented the replay; null if none did
   */
  record Replayed(boolean isDone, Quota.@Nullable Exceeded exceeded) {}

  /**
   * Makes a dead message due immediately, unless that exceeds a quota.
   *
   * @param owner the owner whose quotas apply
   * @param note stored if the message was replayed; null for none
   */
  Replayed replay(String key, String owner, List<Quota> quotas, @Nullable Note note)
      throws QueueException, InterruptedException;

  /**
   * Replays a dead message without a note.
   *
   * @param owner the owner whose quotas apply
   */
  default Replayed replay(String key, String owner, List<Quota> quotas)
      throws QueueException, InterruptedException {
    return replay(key, owner, quotas, null);
  }

  /**
   * Uses one of each of an owner's rates, for something that is not a message. Concurrent calls
   * never exceed a rate.
   *
   * @return the rate that is used up, so that nothing was used; null if none is used up
   */
  Quota.@Nullable Exceeded use(String owner, List<Quota.Rate> rates)
      throws QueueException, InterruptedException;

  /** Removes dead messages for good. */
  long purge(Filter filter) throws QueueException, InterruptedException;

  /**
   * Removes dead messages for good that a person has reviewed, all or none.
   *
   * @param seen the messages; one that is not dead, or has changed since, is kept
   * @param note stored for each removed message; null for none
   */
  long purge(List<Entry> seen, @Nullable Note note) throws QueueException, InterruptedException;

  /** Removes dead messages without a note. */
  default long purge(List<Entry> seen) throws QueueException, InterruptedException {
    return purge(seen, null);
  }

  /**
   * Counts the messages. Takes time in proportion to their number.
   *
   * @return figures for each stage and state that has any
   */
  List<StageStats> stats() throws QueueException, InterruptedException;

  /** The last published message with a key, in any stage and state; null if absent. */
  @Nullable Entry find(String key) throws QueueException, InterruptedException;

  /**
   * A case that can proceed when another process has converted the queue for a newer version of
   * this program. From then on each call fails with a {@link NewerVersionException}, so the process
   * should end. It notices that within ten seconds, and at once if a call fails.
   */
  Case<?> onNewerVersion();

  /**
   * Closes the database, when the calls in progress have ended. Goroutines that wait for messages
   * get an exception. Leased messages stay leased until their leases end, or until the embedded
   * queue is opened again. Closing twice does nothing.
   */
  @Override
  void close();
}
