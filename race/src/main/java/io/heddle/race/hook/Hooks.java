package io.heddle.race.hook;

import io.heddle.race.clock.Operation;
import io.heddle.race.clock.SyncVar;
import io.heddle.race.clock.ThreadState;
import io.heddle.race.shadow.ArrayShadow;
import io.heddle.race.shadow.ClassState;
import io.heddle.race.shadow.Shadow;
import io.heddle.race.site.CallTree;
import org.jspecify.annotations.Nullable;

/**
 * What instrumented classes of the program call, before or after what they do themselves.
 *
 * <p>A hook gets the state of the calling thread and, for an access to a variable, the stack of the
 * calling method (null if it calls nothing) and the place in that method. The owner of a volatile
 * field is an object, or the {@link ClassState} of a static field. An access to an array or an
 * owner that is null fails on its own.
 */
public final class Hooks {
  private static final Object[] STRIPES = new Object[64];

  static {
    for (int i = 0; i < STRIPES.length; i++) {
      STRIPES[i] = new Object();
    }
  }

  private Hooks() {}

  /** A method has been called; returns its stack. */
  public static CallTree entered(ThreadState thread) {
    return thread.caller.child(thread.callSite);
  }

  /** A method returns. */
  public static void left(ThreadState thread, CallTree stack) {
    thread.caller = stack.parent();
    thread.callSite = stack.site();
  }

  /** A method is about to call another. */
  public static void calls(ThreadState thread, CallTree stack, int site) {
    thread.caller = stack;
    thread.callSite = site;
    thread.operation = null; // the last one may have failed
  }

  /**
   * A method has been called. If the JDK calls it in the middle of an operation, it comes after
   * everything that was published to the object of the operation.
   *
   * @return the operation; null if the JDK did not call the method in one
   */
  public static @Nullable Operation calledBack(ThreadState thread) {
    Operation operation = thread.operation;
    if (operation != null) {
      thread.operation = null;
      operation.begins(thread);
    }
    return operation;
  }

  /**
   * A method returns. If the JDK has called it, it may call the next one.
   *
   * @param operation what it was called in, null if in none
   */
  public static void returns(@Nullable Operation operation, ThreadState thread) {
    if (operation != null) {
      operation.ends(thread);
    }
    thread.operation = operation; // an operation in it is over, also one that has thrown
  }

  /**
   * A method throws, perhaps because an operation in it has.
   *
   * @param operation what it was called in, null if in none
   */
  public static void fails(@Nullable Operation operation, ThreadState thread) {
    returns(operation, thread);
  }

  /** A static field was read. */
  public static void staticRead(
      ClassState type, ThreadState thread, int variable, @Nullable CallTree stack, int site) {
    type.use(thread);
    type.statics().read(thread, variable, stack, site, type);
  }

  /** A static field was written. */
  public static void staticWrite(
      ClassState type, ThreadState thread, int variable, @Nullable CallTree stack, int site) {
    type.use(thread);
    type.statics().write(thread, variable, stack, site, type);
  }

  /**
   * Whether an access to an element has nothing to add, as an earlier access at the same place in a
   * loop has shown.
   *
   * @param last the array that was accessed there last
   * @param page what {@link #page} has returned then
   * @param elements what the hook of that access has returned
   */
  @SuppressWarnings("ReferenceEquality") // the same array is meant
  public static boolean isKnown(
      @Nullable Object array,
      int index,
      @Nullable Object last,
      long page,
      long elements,
      ThreadState thread) {
    return array == last && (elements >>> index & 1) != 0 && page == page(index, thread);
  }

  /** The page of an element, and the thread's epoch, in one number. */
  public static long page(int index, ThreadState thread) {
    return (index >>> ArrayShadow.BITS) + thread.quickMark;
  }

  /**
   * An element is about to be read.
   *
   * @return the elements of its page whose reads have nothing to add in the thread's epoch
   */
  public static long arrayRead(
      @Nullable Object array, int index, ThreadState thread, @Nullable CallTree stack, int site) {
    if (array == null) {
      return 0;
    }
    int hash = System.identityHashCode(array);
    long known = thread.readElements.get(hash, index, thread.quickMark);
    return (known >>> index & 1) != 0
        ? known
        : arrayReadFirst(array, hash, index, thread, stack, site);
  }

  private static long arrayReadFirst(
      Object array, int hash, int index, ThreadState thread, @Nullable CallTree stack, int site) {
    ArrayShadow.of(array).read(thread, array, index, stack, site);
    return thread.readElements.get(hash, index, thread.quickMark);
  }

  /**
   * An element is about to be written.
   *
   * @return the elements of its page whose writes have nothing to add in the thread's epoch
   */
  public static long arrayWrite(
      @Nullable Object array, int index, ThreadState thread, @Nullable CallTree stack, int site) {
    if (array == null) {
      return 0;
    }
    int hash = System.identityHashCode(array);
    long known = thread.writtenElements.get(hash, index, thread.quickMark);
    return (known >>> index & 1) != 0
        ? known
        : arrayWriteFirst(array, hash, index, thread, stack, site);
  }

  private static long arrayWriteFirst(
      Object array, int hash, int index, ThreadState thread, @Nullable CallTree stack, int site) {
    ArrayShadow.of(array).write(thread, array, index, stack, site);
    return thread.writtenElements.get(hash, index, thread.quickMark);
  }

  /**
   * The lock under which an object's state is made.
   *
   * @return one of a few
   */
  public static Object stripe(Object object) {
    return STRIPES[System.identityHashCode(object) & STRIPES.length - 1];
  }

  /** Makes the state of an object's fields. */
  public static Shadow shadow(int fields) {
    return new Shadow(fields);
  }

  /** A volatile field was read. */
  public static void volatileRead(Object owner, String field, ThreadState thread) {
    volatileAcquired(owner, field, thread);
    thread.turn();
  }

  /** A volatile field is about to be written. */
  public static void volatileWrite(@Nullable Object owner, String field, ThreadState thread) {
    if (owner != null) {
      thread.turn();
      volatileReleases(owner, field, thread);
    }
  }

  /**
   * As {@link #volatileRead}, in a class of Heddle's own, where it is no time for another's turn.
   */
  public static void volatileAcquired(Object owner, String field, ThreadState thread) {
    SyncVar.of(owner, field).acquire(thread);
  }

  /**
   * As {@link #volatileWrite}, in a class of Heddle's own, where it is no time for another's turn.
   */
  public static void volatileReleases(@Nullable Object owner, String field, ThreadState thread) {
    if (owner != null) {
      SyncVar.of(owner, field).release(thread);
    }
  }

  /** An exception was caught, which an interrupt may have caused. */
  public static void caught(Throwable exception, ThreadState thread) {
    if (exception instanceof InterruptedException) {
      CallHooks.interrupted(thread);
    }
  }

  /** A task begins that another thread has passed on. */
  public static void begins(Object task, ThreadState thread) {
    SyncVar known = SyncVar.known(task);
    if (known != null) {
      known.acquire(thread);
    }
  }

  /** A method is about to return, after which another thread continues. */
  public static void passesOn(Object object, ThreadState thread) {
    SyncVar.of(object).release(thread);
  }

  /** The initialiser of a class begins: others wait for its end. */
  public static void initialises(ThreadState thread) {
    thread.lockedOutside();
  }

  /** A monitor has been entered. */
  public static void monitorEntered(Object monitor, ThreadState thread) {
    thread.locked(monitor);
    thread.lockedOutside();
    SyncVar.of(monitor).acquire(thread);
  }

  /** A monitor is about to be left. */
  public static void monitorLeaves(@Nullable Object monitor, ThreadState thread) {
    if (monitor != null) {
      SyncVar.of(monitor).release(thread);
      thread.unlocked(monitor);
      thread.unlockedOutside();
    }
  }
}
