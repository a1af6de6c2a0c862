package io.heddle.remote;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The locks of a backend. Its calls are like those of {@link Backend}. */
interface Locks {
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
}
