package io.heddle.remote;

import java.time.Instant;
import java.util.List;

/**
 * The messages of a channel that were given up: by {@link Delivery#dead}, or because no codec could
 * decode them. They are kept until a person has decided.
 */
public final class DeadLetters {
  private final Backend backend;
  private final String channel;

  DeadLetters(Backend backend, String channel) {
    this.backend = backend;
    this.channel = channel;
  }

  /**
   * A message that was given up.
   *
   * @param number its place in the list, for the next page
   * @param id the message's id
   * @param text the encoded value; all that was stored, if that is no message of an {@link Outlet}
   * @param attempts how often it was delivered
   * @param reason why it was given up
   * @param time when it was given up, on the backend's clock
   */
  public record Letter(
      long number, String id, String text, int attempts, String reason, Instant time) {}

  /**
   * Lists dead letters.
   *
   * @param after lists letters with numbers above this; 0 for the first page
   * @param limit the highest number of letters, at least 1
   * @return the letters, by their numbers
   * @throws RemoteException if the backend cannot be reached
   * @throws IllegalArgumentException if the limit is less than 1
   * @throws InterruptedException if the thread was interrupted before
   */
  public List<Letter> list(long after, int limit) throws RemoteException, InterruptedException {
    return backend.listDead(channel, after, limit);
  }

  /**
   * Has a dead letter delivered again, as if it had just been sent. It is not in order with other
   * messages of its key: one of them may be in progress at the same time.
   *
   * @param id the message's id
   * @return whether there was one with this id
   * @throws ChannelEndedException if the channel has ended and the backend is NATS, whose channels
   *     take nothing after their end; the dead letter stays
   * @throws RemoteException if the backend cannot be reached
   * @throws InterruptedException if the thread was interrupted before
   */
  public boolean replay(String id) throws RemoteException, InterruptedException {
    return backend.replayDead(channel, id);
  }

  /**
   * Removes a dead letter for good. Its id is forgotten.
   *
   * @param id the message's id
   * @return whether there was one with this id
   * @throws RemoteException if the backend cannot be reached
   * @throws InterruptedException if the thread was interrupted before
   */
  public boolean discard(String id) throws RemoteException, InterruptedException {
    return backend.discardDead(channel, id);
  }
}
