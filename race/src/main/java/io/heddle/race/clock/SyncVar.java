package io.heddle.race.clock;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The clock of something that synchronises: a monitor, a volatile field, a lock of the JDK.
 *
 * <p>A release joins and never overwrites. The hooks of two threads that write the same volatile
 * may run in the other order than the writes themselves, and overwriting would then lose an edge
 * that exists: a false alarm.
 */
public final class SyncVar {
  private static final WeakIdentityMap<SyncVar> OF_OBJECT = new WeakIdentityMap<>();

  private volatile VectorClock clock = VectorClock.ZERO;

  /** Of the fields of an object, each of which has a clock of its own. */
  private volatile @Nullable ConcurrentHashMap<Object, SyncVar> parts;

  private SyncVar() {}

  /**
   * The clock of an object.
   *
   * @param object the object
   * @return always the same
   */
  public static SyncVar of(Object object) {
    return OF_OBJECT.get(object, key -> new SyncVar());
  }

  /**
   * The clock of an object, if it has one: otherwise no thread has released it.
   *
   * @param object the object
   * @return null if absent
   */
  public static @Nullable SyncVar known(Object object) {
    return OF_OBJECT.get(object);
  }

  /**
   * Gives a view of an object the clock of the object.
   *
   * @param view what shows the state of the object
   * @param clock that of the object
   */
  public static void share(Object view, SyncVar clock) {
    OF_OBJECT.get(view, key -> clock);
  }

  /**
   * The clock of a part of an object, such as a volatile field.
   *
   * @param object the object
   * @param part which part; must not refer to the object
   * @return always the same for equal parts
   */
  public static SyncVar of(Object object, Object part) {
    SyncVar whole = of(object);
    ConcurrentHashMap<Object, SyncVar> parts = whole.parts;
    if (parts == null) {
      synchronized (whole) {
        parts = whole.parts;
        if (parts == null) {
          parts = new ConcurrentHashMap<>(4);
          whole.parts = parts;
        }
      }
    }
    SyncVar found = parts.get(part);
    return found != null ? found : parts.computeIfAbsent(part, key -> new SyncVar());
  }

  /**
   * The clock of a part of an object, if it has one: otherwise no thread has released it.
   *
   * @param object the object
   * @param part which part
   * @return null if absent
   */
  public static @Nullable SyncVar known(Object object, Object part) {
    SyncVar whole = known(object);
    ConcurrentHashMap<Object, SyncVar> parts = whole == null ? null : whole.parts;
    return parts == null ? null : parts.get(part);
  }

  /**
   * What the thread has done happens before what those do who acquire later.
   *
   * @param thread the calling thread
   */
  public void release(ThreadState thread) {
    release(thread.snapshot());
  }

  private synchronized void release(VectorClock released) {
    VectorClock joined = clock.join(released);
    if (joined != clock) {
      clock = joined;
    }
  }

  /**
   * Everything that was released happens before the thread's next actions.
   *
   * @param thread the calling thread
   */
  public void acquire(ThreadState thread) {
    thread.acquire(clock);
  }

  /**
   * The clock that has been released.
   *
   * @return a clock
   */
  public VectorClock clock() {
    return clock;
  }
}
