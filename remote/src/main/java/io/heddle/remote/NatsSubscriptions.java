package io.heddle.remote;

import io.heddle.Go;
import io.nats.client.Connection;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Receives from the consumers of channels in NATS JetStream.
 *
 * <p>A receive asks for one message, waiting, and then for more of what the server has in store.
 * The lease is counted from before the first request, so no request may be outstanding afterwards:
 * a message that arrived later would be leased by the server, and no heartbeat would renew it. The
 * client does not say whether the server has answered a request completely. It has if all messages
 * have come, or if the client did not wait until its time limit. Otherwise the subscription is
 * drained.
 */
final class NatsSubscriptions {
  /** How long to wait for messages that the server had in store, but may have given to others. */
  private static final Duration REST = Duration.ofMillis(50);

  private final Connection connection;

  /** Subscriptions that no call uses and that have no request; guarded by itself. */
  private final Map<String, Deque<JetStreamSubscription>> idle = new HashMap<>();

  NatsSubscriptions(Connection connection) {
    this.connection = connection;
  }

  /** A subscription for {@link #receive}; null if none is idle. */
  @Nullable JetStreamSubscription take(String channel) {
    synchronized (idle) {
      Deque<JetStreamSubscription> free = idle.get(channel);
      return free == null ? null : free.pollLast();
    }
  }

  private void give(String channel, JetStreamSubscription subscription) {
    synchronized (idle) {
      idle.computeIfAbsent(channel, _ -> new ArrayDeque<>()).addLast(subscription);
    }
  }

  /** Ends the idle subscriptions of a channel. */
  void forget(String channel) {
    Deque<JetStreamSubscription> unused;
    synchronized (idle) {
      unused = idle.remove(channel);
    }
    if (unused != null) {
      unused.forEach(NatsSubscriptions::unsubscribe);
    }
  }

  /**
   * Waits for messages, and takes care of the subscription.
   *
   * @param wait how long to wait for the first
   * @return the messages; empty if none has come
   * @throws IllegalStateException if the client fails
   * @throws InterruptedException if the thread is interrupted before there are messages. If there
   *     are some, they are returned, and the interrupt status stays set: to give them back unread
   *     would count as a delivery
   */
  List<Message> receive(String channel, JetStreamSubscription subscription, int max, Duration wait)
      throws InterruptedException {
    List<Message> messages = new ArrayList<>();
    boolean hasReturned = false; // without an exception
    boolean isAnswered = false;
    try {
      isAnswered = fetch(subscription, 1, wait, messages);
      if (!messages.isEmpty() && max > 1) {
        long stored = messages.getFirst().metaData().pendingCount();
        if (stored > 0) {
          isAnswered &= fetch(subscription, (int) Math.min(max - 1, stored), REST, messages);
        }
      }
      hasReturned = true;
    } finally {
      if (hasReturned && isAnswered && !Thread.currentThread().isInterrupted()) {
        give(channel, subscription);
      } else {
        drain(subscription, messages);
      }
      if (!hasReturned) {
        returnAll(messages);
      }
    }
    if (messages.isEmpty() && Thread.interrupted()) {
      throw new InterruptedException();
    }
    return messages;
  }

  /** Returns whether the server has answered completely. */
  private static boolean fetch(
      JetStreamSubscription subscription, int max, Duration wait, List<Message> messages) {
    long start = Go.nanoTime();
    List<Message> some = subscription.fetch(max, wait);
    messages.addAll(some);
    return some.size() == max || Go.nanoTime() - start < wait.toNanos();
  }

  /** Takes the request back, and collects what the server has sent meanwhile. */
  private void drain(JetStreamSubscription subscription, List<Message> messages) {
    if (connection.getStatus() != Connection.Status.CONNECTED) {
      unsubscribe(subscription); // nothing can come any more
      return;
    }
    Calls.Ending<Boolean> ending =
        Calls.cleanUp(() -> {
          CompletableFuture<Boolean> drained = subscription.drain(NatsBackend.TIMEOUT);
          boolean isOver;
          do {
            isOver = drained.isDone();
            for (Message more; (more = subscription.nextMessage(REST)) != null; ) {
              messages.add(more);
              isOver = false;
            }
          } while (!isOver);
          return true;
        });
    // An exception of the client says that the subscription has ended.
    if (ending instanceof Calls.Ending.Threw<Boolean>(Error e)) {
      throw e;
    }
  }

  private static void unsubscribe(JetStreamSubscription subscription) {
    try {
      subscription.unsubscribe();
    } catch (IllegalStateException e) {
      // it has ended with the connection
    }
  }

  private static void returnAll(List<Message> messages) {
    for (Message message : messages) {
      try {
        message.nak();
      } catch (IllegalStateException e) {
        return; // the connection is lost: the server offers them again when their leases have ended
      }
    }
  }
}
