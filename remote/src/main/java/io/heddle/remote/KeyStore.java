package io.heddle.remote;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What {@link KeyLocks} needs of a key-value store. A call waits for the store's answer. If the
 * thread is interrupted before the call has begun, it throws {@link InterruptedException} and has
 * no effect; a call that has begun runs to its end, and the thread stays interrupted. Each call is
 * given the action that it serves, such as {@code acquire lock m}, for messages. If a call that
 * fails may have had an effect, the cause of its exception is an {@link java.io.IOException}.
 */
interface KeyStore {
  /** What a key has. */
  record Entry(String text, boolean isLeased) {}

  /** A key that this process has leased. Its identity is that of the lease. */
  interface Grant {
    String key();

    /** Rises with each lease of the same key. */
    long token();

    /** A reading of {@link io.heddle.Go#nanoTime} at or before the beginning of the lease. */
    long since();
  }

  /** Notices changes of keys. */
  interface Watch extends AutoCloseable {
    /** Waits until a key has changed since the last wait, for a limited time. */
    void await(Duration limit) throws InterruptedException;

    @Override
    void close();
  }

  /** Null if the key has nothing. */
  @Nullable Entry read(String action, String key) throws RemoteException, InterruptedException;

  /** Leases a key, with an empty text; null if it has something. */
  @Nullable Grant lease(String action, String key, Duration lease)
      throws RemoteException, InterruptedException;

  /** Changes the text of a leased key; false if the lease is lost. */
  boolean write(String action, Grant grant, String text)
      throws RemoteException, InterruptedException;

  /** Stores a text for good in place of a lease; false if the lease is lost. */
  boolean keep(String action, Grant grant, String text)
      throws RemoteException, InterruptedException;

  /** Extends a lease to some time from now; false if it is lost. */
  boolean renew(String action, Grant grant, Duration lease)
      throws RemoteException, InterruptedException;

  /** Ends a lease; false if it is lost. */
  boolean release(String action, Grant grant) throws RemoteException, InterruptedException;

  /** Stores a text for good, unless the key has something. */
  void create(String action, String key, String text) throws RemoteException, InterruptedException;

  /** Watches the keys with a prefix, which ends with a slash. Changes from now on are noticed. */
  Watch watch(String action, String prefix) throws RemoteException, InterruptedException;
}
