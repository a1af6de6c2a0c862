package io.heddle.race.hook;

import io.heddle.race.clock.Operation;
import io.heddle.race.clock.SyncVar;
import io.heddle.race.clock.ThreadState;
import io.heddle.race.clock.WeakIdentityMap;
import io.heddle.race.shadow.Shadow;
import io.heddle.race.site.CallTree;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  /** The ways to forget the state of an object's fields, one for each class that has any. */
  private static final ClassValue<List<MethodHandle>> FORGET =
      new ClassValue<>() {
        @Override
        protected List<MethodHandle> computeValue(Class<?> type) {
          List<MethodHandle> found = new ArrayList<>();
          for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            try {
              Method forget =
                  at.getDeclaredMethod(
                      "race$forget$" + at.getName().replace('.', '$'), Object.class);
              forget.setAccessible(true);
              found.add(MethodHandles.lookup().unreflect(forget));
            } catch (ReflectiveOperationException | RuntimeException e) {
              // it has no fields that are checked, or is not open
            }
          }
          return List.copyOf(found);
        }
      };

  /** An object is a fresh copy of another. */
  public static void cloned(Object copy) throws Throwable {
    for (MethodHandle forget : FORGET.get(copy.getClass())) {
      forget.invoke(copy);
    }
  }

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

  /** The calling thread has asked whether another one runs. */
  public static void sawAlive(Object other, boolean alive, ThreadState thread) {
    if (!alive) {
      acquire(other, thread);
    }
  }

  /** A thread was found to be interrupted, or not. */
  public static void sawInterrupt(Object interrupted, boolean found, ThreadState thread) {
    if (found) {
      SyncVar known = SyncVar.known(interrupted, JdkHooks.INTERRUPT);
      if (known != null) {
        known.acquire(thread);
      }
    }
  }

  /** The calling thread was found to be interrupted, or not. */
  public static void sawOwnInterrupt(boolean found, ThreadState thread) {
    sawInterrupt(Thread.currentThread(), found, thread);
  }

  /** The calling thread meets others: what each did before happens before what all do after. */
  public static void meet(@Nullable Object object, ThreadState thread) {
    if (object != null) {
      SyncVar clock = SyncVar.of(object);
      clock.release(thread);
      clock.acquire(thread);
    }
  }

  /** The thread yields, or says that it spins. */
  public static void spins(ThreadState thread) {
    thread.spins();
  }

  /** An atomic is about to be written. */
  public static void releaseAtomic(@Nullable Object object, ThreadState thread) {
    thread.turn();
    release(object, thread);
  }

  /** An atomic has been read. */
  public static void acquireAtomic(Object object, ThreadState thread) {
    acquire(object, thread);
    thread.turn();
  }

  /** An atomic is about to call a function, and to be written. */
  public static void updateAtomic(@Nullable Object object, ThreadState thread) {
    thread.turn();
    update(object, thread);
  }

  /** As {@link #updateAtomic}, in a class of Heddle's own. */
  public static void update(@Nullable Object object, ThreadState thread) {
    if (object != null) {
      SyncVar clock = SyncVar.of(object);
      clock.release(thread);
      thread.operation = new Operation(clock, true, null);
    }
  }

  /** An atomic is about to call a method of what it holds. */
  public static void show(@Nullable Object object, ThreadState thread) {
    if (object != null) {
      thread.operation = new Operation(SyncVar.of(object), false, null);
    }
  }

  /** An atomic has called a function. */
  public static void updatedAtomic(Object object, ThreadState thread) {
    updated(object, thread);
    thread.turn();
  }

  /** As {@link #updatedAtomic}, in a class of Heddle's own. */
  public static void updated(Object object, ThreadState thread) {
    thread.operation = null;
    acquire(object, thread);
  }

  // Locks.

  /** A lock has been locked. */
  public static void locked(Object lock, ThreadState thread) {
    awaited(lock, thread);
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
      awaiting(lock, thread);
      thread.unlocked(lock);
    }
  }

  /** The lock of a condition is about to be unlocked, for as long as the thread waits. */
  public static void awaiting(@Nullable Object condition, ThreadState thread) {
    if (condition != null) {
      Part part = PARTS.get(condition);
      (part == null ? SyncVar.of(condition) : part.released).release(thread);
      thread.unlockedOutside();
    }
  }

  /** The lock of a condition is locked again after a wait. */
  public static void awaited(Object condition, ThreadState thread) {
    Part part = PARTS.get(condition);
    if (part == null) {
      acquire(condition, thread);
    } else {
      part.acquired.acquire(thread);
      part.more.acquire(thread);
    }
    thread.lockedOutside();
  }

  /** A thread is about to wait for a condition, or in a monitor. */
  public static void waits(@Nullable Object condition, ThreadState thread) {
    awaiting(condition, thread);
    thread.waitsFor = condition;
  }

  /** A wait is over. */
  public static void waited(Object condition, ThreadState thread) {
    thread.waitsFor = null;
    awaited(condition, thread);
  }

  /** An interrupt may have ended a wait: that, too, has locked the lock again. */
  static void interrupted(ThreadState thread) {
    sawOwnInterrupt(true, thread);
    Object condition = thread.waitsFor;
    if (condition != null) {
      waited(condition, thread);
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

  // Stamped locks. Their asReadLock and asWriteLock have the same two clocks.

  /** A stamped lock is locked for writing, unless the stamp is 0. */
  public static void stampedToWrite(Object lock, long stamp, ThreadState thread) {
    if (stamp != 0) {
      SyncVar.of(lock, READERS).acquire(thread);
      SyncVar.of(lock, WRITERS).acquire(thread);
      thread.locked(lock);
      thread.lockedOutside();
    }
    thread.readsChecked();
  }

  /** A stamped lock is locked for reading, unless the stamp is 0. */
  public static void stampedToRead(Object lock, long stamp, ThreadState thread) {
    if (stamp != 0) {
      SyncVar.of(lock, WRITERS).acquire(thread);
      thread.locked(lock);
      thread.lockedOutside();
    }
    thread.readsChecked();
  }

  /** A reader of a stamped lock is about to unlock it. */
  public static void unstampingRead(@Nullable Object lock, ThreadState thread) {
    unstamping(lock, thread, true, false);
  }

  /** A writer of a stamped lock is about to unlock it. */
  public static void unstampingWrite(@Nullable Object lock, ThreadState thread) {
    unstamping(lock, thread, false, true);
  }

  /** A stamped lock is about to be unlocked, or converted: the stamp knows from what. */
  public static void unstamping(@Nullable Object lock, ThreadState thread) {
    unstamping(lock, thread, true, true);
  }

  private static void unstamping(
      @Nullable Object lock, ThreadState thread, boolean reads, boolean writes) {
    if (lock == null) {
      return;
    }
    if (reads) {
      SyncVar.of(lock, READERS).release(thread);
    }
    if (writes) {
      SyncVar.of(lock, WRITERS).release(thread);
    }
    if (thread.holds(lock)) {
      thread.unlocked(lock);
      thread.unlockedOutside();
    }
  }

  /** An optimistic read begins: what is read from now on is not used unless it is validated. */
  public static void optimistic(Object lock, long stamp, ThreadState thread) {
    if (stamp != 0) {
      SyncVar.of(lock, WRITERS).acquire(thread);
      thread.readsUnchecked();
    }
  }

  /** An optimistic read is over. */
  public static void validated(Object lock, boolean valid, ThreadState thread) {
    if (valid) {
      SyncVar.of(lock, WRITERS).acquire(thread);
    }
    thread.readsChecked();
  }

  // Collections.

  /** A collection is about to be read. */
  public static void readCollection(
      @Nullable Object collection, ThreadState thread, @Nullable CallTree stack, int site) {
    use(collection, false, false, thread, stack, site);
  }

  /** A collection is about to be changed. */
  public static void writeCollection(
      @Nullable Object collection, ThreadState thread, @Nullable CallTree stack, int site) {
    use(collection, true, false, thread, stack, site);
  }

  /** A collection is about to be changed to what a function says. */
  public static void updateCollection(
      @Nullable Object collection, ThreadState thread, @Nullable CallTree stack, int site) {
    use(collection, true, true, thread, stack, site);
  }

  private static void use(
      @Nullable Object collection,
      boolean writes,
      boolean publishes,
      ThreadState thread,
      @Nullable CallTree stack,
      int site) {
    if (collection == null) {
      return; // fails on its own
    }
    CollectionKind kind = CollectionKind.of(collection.getClass());
    if (kind == CollectionKind.PLAIN || kind == CollectionKind.READ_WRITES) {
      Shadow shadow = COLLECTIONS.get(collection, key -> new Shadow(1));
      if (writes || kind == CollectionKind.READ_WRITES) {
        shadow.write(thread, 0, stack, site, collection);
      } else {
        shadow.read(thread, 0, stack, site, collection);
      }
      return;
    }
    SyncVar clock = CollectionKind.clock(collection, kind);
    if (clock != null) {
      begins(clock, publishes || kind == CollectionKind.LOCKED, thread);
      thread.lockedOutside(); // it may call back with a lock held
    }
  }

  private static void begins(SyncVar clock, boolean publishes, ThreadState thread) {
    clock.release(thread);
    thread.operation = new Operation(clock, publishes, thread.operation);
  }

  private static void ends(SyncVar clock, ThreadState thread) {
    thread.operation = null;
    clock.acquire(thread);
  }

  /** A collection has been used. */
  public static void leaveCollection(Object collection, ThreadState thread) {
    leave(collection, thread);
  }

  private static @Nullable SyncVar leave(Object collection, ThreadState thread) {
    SyncVar clock = CollectionKind.clock(collection);
    if (clock != null) {
      ends(clock, thread);
      thread.unlockedOutside();
    }
    return clock;
  }

  /** A collection has returned a view of itself. */
  public static void viewed(Object collection, @Nullable Object view, ThreadState thread) {
    SyncVar clock = leave(collection, thread);
    if (clock != null && view != null) {
      SyncVar.share(view, clock);
    }
  }

  /** A collection has returned what hands out its elements: so does the result. */
  public static @Nullable Object handsOut(
      Object collection, @Nullable Object elements, ThreadState thread) {
    SyncVar clock = leave(collection, thread);
    return clock == null ? elements : HandedOut.of(elements, clock);
  }

  /** A view of a collection has been made: it shows what others do to the collection. */
  public static void shares(@Nullable Object collection, @Nullable Object view) {
    SyncVar clock = collection == null ? null : CollectionKind.clock(collection);
    if (clock != null && view != null) {
      SyncVar.share(view, clock);
    }
  }

  /** The JDK is about to be given what may be a collection, to use it. */
  public static void given(@Nullable Object argument, ThreadState thread) {
    SyncVar clock = clockOf(argument);
    if (clock != null) {
      begins(clock, false, thread);
    }
  }

  private static @Nullable SyncVar clockOf(@Nullable Object argument) {
    return argument instanceof Iterable || argument instanceof Map
        ? CollectionKind.clock(argument)
        : null;
  }

  /** The JDK has used what may be a collection. */
  public static void used(@Nullable Object argument, ThreadState thread) {
    SyncVar clock = clockOf(argument);
    if (clock != null) {
      ends(clock, thread);
    }
  }
}
