package io.heddle.remote;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Locks in a key-value store. A permit of a lock is a key, such as {@code lock/NAME/0}, which the
 * holder has leased. A once keeps its result there. An election has the leader's token and name
 * there, and a semaphore its number of permits in {@code semaphore/NAME}.
 */
final class KeyLocks implements Locks {
  /** How long a change that was not noticed may delay a waiter. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final KeyStore store;
  private final String backend;

  /** The semaphores whose number of permits is known to be right. */
  private final Set<Lock> prepared = ConcurrentHashMap.newKeySet();

  KeyLocks(KeyStore store, String backend) {
    this.store = store;
    this.backend = backend;
  }

  /** The handle of a lease. */
  private record Taken(Lock lock, KeyStore.Grant grant) {}

  static boolean isLock(Lease lease) {
    return lease.handle() instanceof Taken;
  }

  private static String prefix(Lock lock) {
    return lock.kind().word() + "/" + lock.name() + "/";
  }

  private static String key(Lock lock) {
    return prefix(lock) + 0;
  }

  @Override
  public @Nullable Lease acquire(Lock lock, Duration lease)
      throws RemoteException, InterruptedException {
    Lease first = tryAcquire(lock, lease);
    if (first != null || isOver(lock)) {
      return first;
    }
    try (KeyStore.Watch watch = store.watch("acquire " + lock, prefix(lock))) {
      while (true) {
        Lease next = tryAcquire(lock, lease);
        if (next != null || isOver(lock)) {
          return next;
        }
        watch.await(PAUSE);
      }
    }
  }

  @Override
  public @Nullable Lease tryAcquire(Lock lock, Duration lease)
      throws RemoteException, InterruptedException {
    String action = "acquire " + lock;
    if (lock.kind() == Lock.Kind.SEMAPHORE) {
      prepare(lock, action);
    }
    int first = ThreadLocalRandom.current().nextInt(lock.permits());
    for (int i = 0; i < lock.permits(); i++) {
      int permit = (first + i) % lock.permits();
      KeyStore.Grant grant = store.lease(action, prefix(lock) + permit, lease);
      if (grant != null) {
        String id = lock.kind() == Lock.Kind.SEMAPHORE ? lock.name() + "/" + permit : lock.name();
        return new Lease(new Taken(lock, grant), id, "", "", 1, grant.token(), grant.since());
      }
    }
    return null;
  }

  private boolean isOver(Lock lock) throws RemoteException, InterruptedException {
    return lock.kind() == Lock.Kind.ONCE && result(lock) != null;
  }

  private void prepare(Lock lock, String action) throws RemoteException, InterruptedException {
    if (prepared.contains(lock)) {
      return;
    }
    String key = lock.kind().word() + "/" + lock.name();
    String permits = "" + lock.permits();
    KeyStore.Entry entry = store.read(action, key);
    if (entry == null) {
      store.create(action, key, permits);
      entry = store.read(action, key); // another process may have been first
    }
    if (entry != null && !entry.text().equals(permits)) {
      throw new RemoteException(
          "cannot "
              + action
              + " in "
              + backend
              + ": it has "
              + entry.text()
              + " permits, not "
              + permits
              + ". Use the same number in all processes, or another name",
          null);
    }
    prepared.add(lock);
  }

  /** The leases that are lost. */
  List<Lease> extend(List<Lease> leases, Duration lease)
      throws RemoteException, InterruptedException {
    List<Lease> lost = new ArrayList<>();
    for (Lease one : leases) {
      if (!store.renew("renew leases", ((Taken) one.handle()).grant(), lease)) {
        lost.add(one);
      }
    }
    return lost;
  }

  void settle(Lease lease, Settlement how) throws RemoteException, InterruptedException {
    Taken taken = (Taken) lease.handle();
    String action =
        (how instanceof Settlement.Completed ? "store the result of " : "release ") + taken.lock();
    boolean isSettled;
    try {
      isSettled =
          how instanceof Settlement.Completed(String result)
              ? store.keep(action, taken.grant(), result)
              : store.release(action, taken.grant());
    } catch (RemoteException e) {
      if (e.getCause() instanceof IOException cause) {
        throw Failures.maybeSettled(action + " in " + backend, lease.id(), cause);
      }
      throw e;
    }
    if (!isSettled) {
      throw new LeaseLostException(taken.lock().toString(), null);
    }
  }

  @Override
  public @Nullable String result(Lock once) throws RemoteException, InterruptedException {
    KeyStore.Entry entry = store.read("read the result of " + once, key(once));
    return entry == null || entry.isLeased() ? null : entry.text();
  }

  @Override
  public void announce(Lock election, Lease leadership, String candidate)
      throws RemoteException, InterruptedException {
    Taken taken = (Taken) leadership.handle();
    store.write(
        "announce the leader of " + election, taken.grant(), leadership.token() + " " + candidate);
  }

  @Override
  public Election.@Nullable Leader leader(Lock election)
      throws RemoteException, InterruptedException {
    KeyStore.Entry entry = store.read("find the leader of " + election, key(election));
    if (entry == null || !entry.isLeased() || entry.text().isEmpty()) {
      return null;
    }
    String[] parts = entry.text().split(" ", 2);
    return new Election.Leader(parts[1], Long.parseLong(parts[0]));
  }
}
