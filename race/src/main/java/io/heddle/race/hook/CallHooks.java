package io.heddle.race.hook;

import io.heddle.race.clock.SyncVar;
import io.heddle.race.clock.ThreadState;
import io.heddle.race.clock.WeakIdentityMap;
import io.heddle.race.report.CallTree;
import io.heddle.race.shadow.Shadow;
import org.jspecify.annotations.Nullable;

/** What instrumented classes call before and after they call the JDK. */
public final class CallHooks {
  private static final String READERS = "readers";
  private static final String WRITERS = "writers";

  /** The locks of read-write locks, and conditions: what a lock of them stands for. */
  private static final WeakIdentityMap<Part> PARTS = new WeakIdentityMap<>();

  /** The state of collections, each one variable. */
  private static final WeakIdentityMap<Shadow> COLLECTIONS = new WeakIdentityMap<>();

  /**
   * What to release to when it is unlocked, and to acquire from when it is locked.
   *
   * @param released when unlocked
   * @param acquired when locked
   * @param more when locked, too
   */
  private record Part(SyncVar released, SyncVar acquired, SyncVar more) {}

  private CallHooks() {}

  /** The object releases. */
  public static void release(@Nullable Object object, ThreadState thread) {
    if (object != null) {
      SyncVar.of(object).release(thread);
    }
  }

  /** The object has been acquired. */
  public static void acquire(Object object, ThreadState thread) {
    SyncVar known = SyncVar.known(object);
    if (known != null) {
      known.acquire(thread);
    }
  }

  /** The object has been acquired, or not. */
  public static void acquireIf(Object object, boolean success, ThreadState thread) {
    if (success) {
      acquire(object, thread);
    }
  }

  /** A wait on a monitor begins. */
  public static void releaseMonitor(@Nullable Object monitor, ThreadState thread) {
    release(monitor, thread);
  }

  /** A wait on a monitor is over. */
  public static void acquireMonitor(Object monitor, ThreadState thread) {
    acquire(monitor, thread);
  }

  // Locks.

  /** A lock has been locked. */
  public static void locked(Object lock, ThreadState thread) {
    Part part = PARTS.get(lock);
    if (part == null) {
      acquire(lock, thread);
    } else {
      part.acquired.acquire(thread);
      part.more.acquire(thread);
    }
    thread.locked(lock);
  }

  /** A lock has been tried. */
  public static void lockedIf(Object lock, boolean success, ThreadState thread) {
    if (success) {
      locked(lock, thread);
    }
  }

  /** A lock is about to be unlocked. */
  public static void unlocking(@Nullable Object lock, ThreadState thread) {
    if (lock != null) {
      Part part = PARTS.get(lock);
      (part == null ? SyncVar.of(lock) : part.released).release(thread);
      thread.unlocked(lock);
    }
  }

  /** A condition of a lock has been made: a wait for it unlocks and locks the lock. */
  public static void condition(Object lock, @Nullable Object condition, ThreadState thread) {
    if (condition != null) {
      Part known = PARTS.get(lock);
      SyncVar own = SyncVar.of(lock);
      PARTS.get(condition, key -> known != null ? known : new Part(own, own, own));
    }
  }

  /** The lock for readers of a read-write lock was asked for. */
  public static void readLock(Object lock, @Nullable Object reading, ThreadState thread) {
    if (reading != null) {
      SyncVar readers = SyncVar.of(lock, READERS);
      SyncVar writers = SyncVar.of(lock, WRITERS);
      PARTS.get(reading, key -> new Part(readers, writers, writers));
    }
  }

  /** The lock for writers of a read-write lock was asked for. */
  public static void writeLock(Object lock, @Nullable Object writing, ThreadState thread) {
    if (writing != null) {
      SyncVar readers = SyncVar.of(lock, READERS);
      SyncVar writers = SyncVar.of(lock, WRITERS);
      PARTS.get(writing, key -> new Part(writers, writers, readers));
    }
  }

  // Collections.

  /** A collection is about to be read. */
  public static void readCollection(
      @Nullable Object collection, ThreadState thread, @Nullable CallTree stack, int site) {
    use(collection, false, thread, stack, site);
  }

  /** A collection is about to be changed. */
  public static void writeCollection(
      @Nullable Object collection, ThreadState thread, @Nullable CallTree stack, int site) {
    use(collection, true, thread, stack, site);
  }

  private static void use(
      @Nullable Object collection, boolean writes, ThreadState thread, @Nullable CallTree stack, int site) {
    if (collection != null) {
      switch (CollectionKind.of(collection.getClass())) {
        case SAFE -> SyncVar.of(collection).release(thread);
        case PLAIN -> {
          Shadow shadow = COLLECTIONS.get(collection, key -> new Shadow(1));
          if (writes) {
            shadow.write(thread, 0, stack, site, collection);
          } else {
            shadow.read(thread, 0, stack, site, collection);
          }
        }
        case READ_WRITES -> {
          COLLECTIONS
              .get(collection, key -> new Shadow(1))
              .write(thread, 0, stack, site, collection);
        }
        case OTHER -> {}
      }
    }
  }

  /** A collection has been used. */
  public static void leaveCollection(Object collection, ThreadState thread) {
    if (CollectionKind.of(collection.getClass()) == CollectionKind.SAFE) {
      acquire(collection, thread);
    }
  }
}
