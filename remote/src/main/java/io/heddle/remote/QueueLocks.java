package io.heddle.remote;

import io.heddle.queue.ChannelQueue;
import io.heddle.queue.Delivery;
import io.heddle.queue.Entry;
import io.heddle.queue.Message;
import io.heddle.queue.Outcome;
import io.heddle.queue.QueueException;
import io.heddle.queue.State;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Locks in a queue. A lock is a stage, such as {@code (lock)/NAME}, with a message for each permit.
 * The lease of such a message is the permit, and the number of its leases is the fencing token. The
 * parentheses keep these stages apart from channels.
 *
 * <p>The stage of a once has ended from the beginning. Its message is settled with the result,
 * which goes to the stage {@code (once)/NAME/result}; then a claim finds that the stage is over.
 */
final class QueueLocks {
  private static final String RESULT = "/result";
  private static final String LEADER = "/leader";

  private final ChannelQueue queue;
  private final String backend;

  /** The locks whose messages exist. */
  private final Set<Lock> prepared = ConcurrentHashMap.newKeySet();

  QueueLocks(ChannelQueue queue, String backend) {
    this.queue = queue;
    this.backend = backend;
  }

  private static String stage(Lock lock) {
    return "(" + lock.kind().word() + ")/" + lock.name();
  }

  private static String key(Lock lock, int permit) {
    return stage(lock) + "/" + permit;
  }

  static boolean isLock(Delivery delivery) {
    return delivery.stage().startsWith("(");
  }

  /** The lock's name, and the number of the permit if there are several. */
  static String name(Delivery delivery) {
    String stage = delivery.stage();
    return stage.startsWith("(" + Lock.Kind.SEMAPHORE.word() + ")")
        ? delivery.key().substring(stage.indexOf('/') + 1)
        : stage.substring(stage.indexOf('/') + 1);
  }

  /** The kind and the name, for people. */
  static String what(Delivery delivery) {
    return delivery.stage().substring(1, delivery.stage().indexOf(')')) + " " + name(delivery);
  }

  @Nullable Delivery acquire(Lock lock, Duration lease)
      throws QueueException, RemoteException, InterruptedException {
    prepare(lock);
    List<Delivery> claimed =
        lock.kind() == Lock.Kind.ONCE
            ? queue.claimInOrder(stage(lock), 1, lease)
            : queue.claim(stage(lock), 1, lease);
    return claimed.isEmpty() ? null : claimed.getFirst();
  }

  @Nullable Delivery tryAcquire(Lock lock, Duration lease)
      throws QueueException, RemoteException, InterruptedException {
    prepare(lock);
    List<Delivery> claimed = queue.tryClaim(stage(lock), 1, lease);
    return claimed.isEmpty() ? null : claimed.getFirst();
  }

  /** Publishes the first message alone, because its body decides the number of permits. */
  private void prepare(Lock lock) throws QueueException, RemoteException, InterruptedException {
    if (prepared.contains(lock)) {
      return;
    }
    String stage = stage(lock);
    String permits = "" + lock.permits();
    queue.publishIfAbsent(new Message(stage, key(lock, 0), permits));
    if (lock.kind() == Lock.Kind.ONCE) {
      queue.end(stage);
      return; // there may be many, and each is used a few times
    }
    if (lock.kind() == Lock.Kind.SEMAPHORE) {
      Entry first = queue.find(key(lock, 0));
      if (first != null && !first.body().equals(permits)) {
        throw new RemoteException(
            "cannot acquire "
                + lock
                + " in "
                + backend
                + ": it has "
                + first.body()
                + " permits, not "
                + permits
                + ". Use the same number in all processes, or another name",
            null);
      }
      queue.publish(
          IntStream.range(1, lock.permits())
              .mapToObj(permit -> new Message(stage, key(lock, permit), permits))
              .toList());
    }
    prepared.add(lock);
  }

  /** The message that ends a once: it replaces the one that was leased. */
  static Outcome completed(Delivery delivery, String result) {
    return Outcome.done(new Message(delivery.stage() + RESULT, delivery.key(), result));
  }

  @Nullable String result(Lock once) throws QueueException, InterruptedException {
    Entry entry = queue.find(key(once, 0));
    return entry != null && entry.stage().equals(stage(once) + RESULT) ? entry.body() : null;
  }

  /** Stores the leader's name, unless a later leader has done that. */
  void announce(Lock election, long token, String candidate)
      throws QueueException, InterruptedException {
    String stage = stage(election) + LEADER;
    String body = token + " " + candidate;
    boolean isStored = false;
    while (!isStored) {
      Entry seen = queue.find(stage);
      if (seen == null) {
        isStored = queue.publishIfAbsent(new Message(stage, stage, body));
      } else {
        isStored =
            leader(seen).token() >= token
                || queue.settle(seen, new Outcome.Defer(Duration.ZERO, "elected", body), null);
      }
    }
  }

  private static Election.Leader leader(Entry announcement) {
    String[] parts = announcement.body().split(" ", 2);
    return new Election.Leader(parts[1], Long.parseLong(parts[0]));
  }

  Election.@Nullable Leader leader(Lock election) throws QueueException, InterruptedException {
    Entry lock = queue.find(key(election, 0));
    Entry announcement = queue.find(stage(election) + LEADER);
    return lock == null || announcement == null || lock.state() != State.LEASED
        ? null
        : leader(announcement);
  }
}
