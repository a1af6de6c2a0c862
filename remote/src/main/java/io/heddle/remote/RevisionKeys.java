package io.heddle.remote;

import io.heddle.Go;
import io.heddle.Mutex;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Leases in a store without leases. The store has revisions only, and stores a text on condition
 * that a key has a certain revision.
 *
 * <p>A leased key has the duration of its lease, and each renewal gives it a new revision. A
 * process may take over a key whose revision has not changed for that duration, on the process's
 * own monotonic clock, since the process has seen this revision. So no clock is compared with that
 * of another machine. The holder counts its lease from before it was sent, hence from before others
 * can see it. The revision with which a lease begins is the fencing token.
 */
final class RevisionKeys implements KeyStore {
  private static final String LEASED = "leased ";
  private static final String KEPT = "kept\n";
  private static final String FREE = "free\n";

  private final Revisions revisions;

  /** What this process has seen of keys that others have leased. */
  private final Map<String, Seen> seen = new ConcurrentHashMap<>();

  RevisionKeys(Revisions revisions) {
    this.revisions = revisions;
  }

  /** A store of texts with revisions. Its calls are like those of {@link KeyStore}. */
  interface Revisions {
    /** Null if the key has nothing. An outdated answer is harmless. */
    @Nullable Value get(String action, String key) throws RemoteException, InterruptedException;

    /**
     * Stores a text if the key has a certain revision.
     *
     * @param expected the revision; 0 if the key has nothing
     * @return the new revision, higher than any before; 0 if the key has another one
     */
    long put(String action, String key, String text, long expected)
        throws RemoteException, InterruptedException;

    KeyStore.Watch watch(String action, String prefix) throws RemoteException, InterruptedException;
  }

  /** What a key has. */
  record Value(String text, long revision) {}

  private record Seen(long revision, long since) {}

  /** A lease that this process has. */
  private static final class Hold implements Grant {
    final String key;
    final String owner;
    final long token;
    final long since;
    final Mutex mutex = new Mutex();
    long revision; // guarded by mutex
    String head; // guarded by mutex
    String text = ""; // guarded by mutex

    Hold(String key, String owner, String head, long token, long since) {
      this.key = key;
      this.owner = owner;
      this.head = head;
      this.token = token;
      this.since = since;
      this.revision = token;
    }

    @Override
    public String key() {
      return key;
    }

    @Override
    public long token() {
      return token;
    }

    @Override
    public long since() {
      return since;
    }
  }

  /** The first line of a leased key: the owner, and the lease in nanoseconds. */
  private static String head(String owner, Duration lease) {
    return LEASED + owner + " " + lease.toNanos() + "\n";
  }

  private static String owner(Value value) {
    return value.text().split("[ \n]", 3)[1];
  }

  private static long duration(Value value) {
    return Long.parseLong(value.text().split("[ \n]", 4)[2]);
  }

  @Override
  public @Nullable Entry read(String action, String key)
      throws RemoteException, InterruptedException {
    Value value = revisions.get(action, key);
    return value == null || value.text().startsWith(FREE)
        ? null
        : new Entry(
            value.text().substring(value.text().indexOf('\n') + 1),
            value.text().startsWith(LEASED));
  }

  @Override
  public @Nullable Grant lease(String action, String key, Duration lease)
      throws RemoteException, InterruptedException {
    Value value = revisions.get(action, key);
    if (!isFree(key, value)) {
      return null;
    }
    String owner = UUID.randomUUID().toString();
    String head = head(owner, lease);
    long before = Go.nanoTime();
    long revision = revisions.put(action, key, head, value == null ? 0 : value.revision());
    if (revision == 0) {
      return null;
    }
    seen.remove(key);
    return new Hold(key, owner, head, revision, before);
  }

  private boolean isFree(String key, @Nullable Value value) {
    if (value == null || value.text().startsWith(FREE)) {
      return true;
    }
    if (!value.text().startsWith(LEASED)) {
      return false;
    }
    long now = Go.nanoTime(); // after the answer
    Seen first =
        seen.compute(
            key,
            (_, known) ->
                known != null && known.revision() == value.revision()
                    ? known
                    : new Seen(value.revision(), now));
    return now - first.since() >= duration(value);
  }

  @Override
  public boolean write(String action, Grant grant, String text)
      throws RemoteException, InterruptedException {
    Hold hold = (Hold) grant;
    hold.mutex.lock();
    try {
      boolean isStored = replace(action, hold, hold.head + text);
      if (isStored) {
        hold.text = text;
      }
      return isStored;
    } finally {
      hold.mutex.unlock();
    }
  }

  @Override
  public boolean renew(String action, Grant grant, Duration lease)
      throws RemoteException, InterruptedException {
    Hold hold = (Hold) grant;
    hold.mutex.lock();
    try {
      hold.head = head(hold.owner, lease);
      return replace(action, hold, hold.head + hold.text);
    } finally {
      hold.mutex.unlock();
    }
  }

  @Override
  public boolean keep(String action, Grant grant, String text)
      throws RemoteException, InterruptedException {
    return end(action, (Hold) grant, KEPT + text);
  }

  @Override
  public boolean release(String action, Grant grant) throws RemoteException, InterruptedException {
    return end(action, (Hold) grant, FREE);
  }

  private boolean end(String action, Hold hold, String text)
      throws RemoteException, InterruptedException {
    hold.mutex.lock();
    try {
      return replace(action, hold, text);
    } finally {
      hold.mutex.unlock();
    }
  }

  /**
   * Stores a text if the key is still this holder's. Its revision may be that of an earlier call,
   * whose answer was lost.
   */
  private boolean replace(String action, Hold hold, String text)
      throws RemoteException, InterruptedException {
    while (true) {
      long revision = revisions.put(action, hold.key, text, hold.revision);
      if (revision != 0) {
        hold.revision = revision;
        return true;
      }
      Value now = revisions.get(action, hold.key);
      if (now == null
          || !now.text().startsWith(LEASED)
          || !owner(now).equals(hold.owner)
          || now.revision() <= hold.revision) {
        return false;
      }
      hold.revision = now.revision();
    }
  }

  @Override
  public void create(String action, String key, String text)
      throws RemoteException, InterruptedException {
    revisions.put(action, key, KEPT + text, 0);
  }

  @Override
  public Watch watch(String action, String prefix) throws RemoteException, InterruptedException {
    return revisions.watch(action, prefix);
  }
}
