package io.heddle.remote;

import io.heddle.Go;
import io.heddle.queue.ChannelQueue;
import io.heddle.queue.ChannelQueue.Sent;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Outcome;
import io.heddle.queue.QueueException;
import io.heddle.queue.Queues;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Channels and locks in a queue, which is a table of an SQLite file or of a PostgreSQL database.
 *
 * <p>A channel is a stage of the queue with the channel's name. The key of a message is the
 * channel's name and the message's id, because {@code publishIfAbsent} looks for a key in all
 * stages. An acknowledgement moves the key, in one transaction, to the stage {@code CHANNEL/seen},
 * without the body; there it expires when the window is over. A send that finds its key there
 * removes it if the window is over, in the transaction that stores the message: other senders and
 * sweeps may remove it at the same time.
 *
 * <p>{@link QueueLocks} has the locks.
 */
final class QueueBackend implements Backend, Locks {
  private static final int EXPIRED_AT_ONCE = 1000;
  private static final String SEEN = "/seen";

  private final String name;
  private final ChannelQueue queue;
  private final QueueLocks locks;
  private final AtomicLong swept = new AtomicLong(Go.nanoTime());
  private volatile boolean hasMailboxes;

  QueueBackend(String name, ChannelQueue queue) {
    this.name = name;
    this.queue = queue;
    this.locks = new QueueLocks(queue, name);
  }

  /** Opens a file, or a database at {@code postgresql://…}. */
  static QueueBackend open(String address, int connections) throws RemoteException {
    String name = Addresses.withoutCredentials(address);
    try {
      return new QueueBackend(name, Queues.open(address, connections));
    } catch (QueueException e) {
      throw Failures.failed("open " + name, e);
    }
  }

  @Override
  public String name() {
    return name;
  }

  private String in(String action) {
    return action + " in " + name;
  }

  private static String key(String channel, String id) {
    return channel + "/" + id;
  }

  /** The whole key if another program has published the message. */
  private static String id(String channel, String key) {
    return key.startsWith(channel + "/") ? key.substring(channel.length() + 1) : key;
  }

  @Override
  public void send(String channel, Envelope envelope, @Nullable Lease holder)
      throws RemoteException, InterruptedException {
    var message =
        new io.heddle.queue.Message(
            channel,
            key(channel, envelope.id()),
            envelope.body(),
            envelope.delay(),
            envelope.key());
    Sent sent;
    try {
      sent = queue.publishIfOpen(message, channel + SEEN, holder == null ? null : delivery(holder));
    } catch (io.heddle.queue.LeaseLostException e) {
      throw new LeaseLostException(
          holder == null ? "the sender" : what(delivery(holder), holder), e);
    } catch (QueueException e) {
      String action = "send to channel " + channel;
      throw Failures.maybeDone(e)
          ? Failures.maybeSent(in(action), envelope.id(), e)
          : Failures.failed(in(action), e);
    }
    if (sent == Sent.ENDED) {
      throw new ChannelEndedException(channel, name);
    }
  }

  @Override
  public void end(String channel) throws RemoteException, InterruptedException {
    try {
      queue.end(channel);
    } catch (QueueException e) {
      throw Failures.failed(in("end channel " + channel), e); // may be repeated in any case
    }
  }

  @Override
  public List<Lease> claim(String channel, int max, Duration lease)
      throws RemoteException, InterruptedException {
    try {
      List<Lease> leases = new ArrayList<>();
      for (var delivery : queue.claimInOrder(channel, max, lease)) {
        leases.add(lease(delivery, id(channel, delivery.key())));
      }
      return leases;
    } catch (QueueException e) {
      throw Failures.failed(in("receive from channel " + channel), e);
    }
  }

  @Override
  public Locks locks() {
    return this;
  }

  @Override
  public @Nullable Lease acquire(Lock lock, Duration lease)
      throws RemoteException, InterruptedException {
    try {
      return lease(locks.acquire(lock, lease));
    } catch (QueueException e) {
      throw Failures.failed(in("acquire " + lock), e);
    }
  }

  @Override
  public @Nullable Lease tryAcquire(Lock lock, Duration lease)
      throws RemoteException, InterruptedException {
    try {
      return lease(locks.tryAcquire(lock, lease));
    } catch (QueueException e) {
      throw Failures.failed(in("acquire " + lock), e);
    }
  }

  private static @Nullable Lease lease(io.heddle.queue.@Nullable Delivery delivery) {
    return delivery == null ? null : lease(delivery, QueueLocks.name(delivery));
  }

  @Override
  public @Nullable String result(Lock once) throws RemoteException, InterruptedException {
    try {
      return locks.result(once);
    } catch (QueueException e) {
      throw Failures.failed(in("read the result of " + once), e);
    }
  }

  @Override
  public void announce(Lock election, Lease leadership, String candidate)
      throws RemoteException, InterruptedException {
    try {
      locks.announce(election, leadership.token(), candidate);
    } catch (QueueException e) {
      throw Failures.failed(in("announce the leader of " + election), e);
    }
  }

  @Override
  public Election.@Nullable Leader leader(Lock election)
      throws RemoteException, InterruptedException {
    try {
      return locks.leader(election);
    } catch (QueueException e) {
      throw Failures.failed(in("find the leader of " + election), e);
    }
  }

  private static Lease lease(io.heddle.queue.Delivery delivery, String id) {
    return new Lease(
        delivery,
        id,
        delivery.owner(),
        delivery.body(),
        delivery.attempt(),
        delivery.token(),
        delivery.claimed());
  }

  private static io.heddle.queue.Delivery delivery(Lease lease) {
    return (io.heddle.queue.Delivery) lease.handle();
  }

  @Override
  public List<Lease> extend(List<Lease> leases, Duration lease)
      throws RemoteException, InterruptedException {
    try {
      var lost =
          Set.copyOf(queue.extend(leases.stream().map(QueueBackend::delivery).toList(), lease));
      return leases.stream().filter(one -> lost.contains(delivery(one))).toList();
    } catch (QueueException e) {
      throw Failures.failed(in("renew leases"), e);
    }
  }

  @Override
  public void settle(Lease lease, Settlement how) throws RemoteException, InterruptedException {
    var delivery = delivery(lease);
    try {
      queue.settle(delivery, outcome(delivery, how));
    } catch (io.heddle.queue.LeaseLostException e) {
      throw new LeaseLostException(what(delivery, lease), e);
    } catch (QueueException e) {
      String action = "settle " + what(delivery, lease);
      throw Failures.maybeDone(e)
          ? Failures.maybeSettled(in(action), lease.id(), e)
          : Failures.failed(in(action), e);
    }
  }

  private static String what(io.heddle.queue.Delivery delivery, Lease lease) {
    return QueueLocks.isLock(delivery)
        ? QueueLocks.what(delivery)
        : "message " + lease.id() + " of channel " + delivery.stage();
  }

  private static Outcome outcome(io.heddle.queue.Delivery delivery, Settlement how) {
    return switch (how) {
      case Settlement.Acknowledged() ->
          Outcome.done(
              new io.heddle.queue.Message(
                  delivery.stage() + SEEN, delivery.key(), "", Remote.WINDOW));
      case Settlement.Retry(Duration delay, String reason) -> new Outcome.Retry(delay, reason);
      case Settlement.Completed(String result) -> QueueLocks.completed(delivery, result);
      case Settlement.Returned() -> new Outcome.Defer(Duration.ZERO, "returned");
      case Settlement.Dead(String reason) -> new Outcome.Dead(reason);
    };
  }

  @Override
  public void forget(String channel) throws RemoteException, InterruptedException {
    try {
      while (queue.expire(channel + SEEN, EXPIRED_AT_ONCE) == EXPIRED_AT_ONCE) {
        // there may be more
      }
      sweepNotes();
    } catch (QueueException e) {
      throw Failures.failed(in("forget old ids of channel " + channel), e);
    }
  }

  /**
   * Removes old notes. That reads the figures of all stages, so only processes that have mailboxes
   * do it, and no more than once in a window.
   */
  private void sweepNotes() throws QueueException, InterruptedException {
    long last = swept.get();
    long now = Go.nanoTime();
    if (hasMailboxes && now - last >= Remote.WINDOW.toNanos() && swept.compareAndSet(last, now)) {
      QueueMailbox.sweep(queue);
    }
  }

  private static Filter dead(String channel) {
    return Filter.DEAD.ofStage(channel);
  }

  @Override
  public List<DeadLetters.Letter> listDead(String channel, long after, int limit)
      throws RemoteException, InterruptedException {
    try {
      List<DeadLetters.Letter> letters = new ArrayList<>();
      for (Entry entry : queue.list(dead(channel), after, limit)) {
        letters.add(
            new DeadLetters.Letter(
                entry.id(),
                id(channel, entry.key()),
                Envelope.shown(entry.body()),
                entry.attempts(),
                entry.reason() == null ? "" : entry.reason(),
                entry.changed()));
      }
      return letters;
    } catch (QueueException e) {
      throw Failures.failed(in("list dead letters of channel " + channel), e);
    }
  }

  @Override
  public boolean replayDead(String channel, String id)
      throws RemoteException, InterruptedException {
    try {
      return queue.replay(dead(channel).withKey(key(channel, id))) > 0;
    } catch (QueueException e) {
      throw Failures.failed(in("replay message " + id + " of channel " + channel), e);
    }
  }

  @Override
  public boolean discardDead(String channel, String id)
      throws RemoteException, InterruptedException {
    try {
      return queue.purge(dead(channel).withKey(key(channel, id))) > 0;
    } catch (QueueException e) {
      throw Failures.failed(in("discard message " + id + " of channel " + channel), e);
    }
  }

  @Override
  public Mailbox mailbox(String address) {
    hasMailboxes = true;
    return new QueueMailbox(queue, name, address);
  }

  @Override
  public void post(String address, String note) throws RemoteException, InterruptedException {
    try {
      QueueMailbox.post(queue, address, note);
    } catch (QueueException e) {
      throw Failures.failed(in("post a note"), e);
    }
  }

  @Override
  public void close() {
    queue.close();
  }
}
