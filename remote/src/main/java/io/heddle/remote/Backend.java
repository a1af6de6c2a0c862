package io.heddle.remote;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What channels and locks need of a backend. A call waits for the backend's answer. If the thread
 * is interrupted before the call has begun, it throws {@link InterruptedException} and has no
 * effect; a call that has begun runs to its end, and the thread stays interrupted. Only {@link
 * #claim} and {@link #acquire} wait for more than the answer, and an interrupt ends that wait.
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

  /** Waits until a lock is free, and leases it; null if it is a once whose result is stored. */
  @Nullable Lease acquire(Lock lock, Duration lease) throws RemoteException, InterruptedException;

  /** Leases a lock, but not a once; null if it is not free. */
  @Nullable Lease tryAcquire(Lock lock, Duration lease)
      throws RemoteException, InterruptedException;

  /** The result with which the lease of a once was settled; null if it is not settled. */
  @Nullable String result(Lock once) throws RemoteException, InterruptedException;

  /** Stores the name of a leader, unless a later one has stored its own. */
  void announce(Lock election, Lease leadership, String candidate)
      throws RemoteException, InterruptedException;

  /** The last leader that was announced; null if the lock is free. */
  Election.@Nullable Leader leader(Lock election) throws RemoteException, InterruptedException;

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

  @Override
  void close();
}
