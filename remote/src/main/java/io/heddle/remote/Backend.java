package io.heddle.remote;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What channels and locks need of a backend. A call waits for the backend's answer. If the thread
 * is interrupted before the call has begun, it throws {@link InterruptedException} and has no
 * effect; a call that has begun runs to its end, and the thread stays interrupted. Only {@link
 * #claim} and {@link Locks#acquire} wait for more than the answer, and an interrupt ends that wait.
 */
interface Backend extends AutoCloseable {
  /** Its address, without credentials. */
  String name();

  /** Throws {@link UnsupportedOperationException} if it has no channels. */
  default void checkChannel(String channel) {}

  /**
   * Stores a message, unless one with its id is known.
   *
   * @param holder stores it only if this lease is valid; null for no condition
   */
  void send(String channel, Envelope envelope, @Nullable Lease holder)
      throws RemoteException, InterruptedException;

  void end(String channel) throws RemoteException, InterruptedException;

  /** Waits for messages, and leases them; empty if the channel has ended and all are settled. */
  List<Lease> claim(String channel, int max, Duration lease)
      throws RemoteException, InterruptedException;

  Locks locks();

  /** Extends leases to some time from now, and returns those that are lost. */
  List<Lease> extend(List<Lease> leases, Duration lease)
      throws RemoteException, InterruptedException;

  /** Ends a lease; throws {@link LeaseLostException} if it has ended. */
  void settle(Lease lease, Settlement how) throws RemoteException, InterruptedException;

  /** Forgets ids of a channel whose window is over; called about once a minute. */
  void forget(String channel) throws RemoteException, InterruptedException;

  List<DeadLetters.Letter> listDead(String channel, long after, int limit)
      throws RemoteException, InterruptedException;

  boolean replayDead(String channel, String id) throws RemoteException, InterruptedException;

  boolean discardDead(String channel, String id) throws RemoteException, InterruptedException;

  /** A mailbox with a new address, which receives what is posted from now on. */
  Mailbox mailbox(String address) throws RemoteException, InterruptedException;

  /**
   * Posts a note to a mailbox. It may be lost, also if the mailbox has no receiver.
   *
   * @throws IllegalArgumentException if the note is too long
   */
  void post(String address, String note) throws RemoteException, InterruptedException;

  @Override
  void close();
}
