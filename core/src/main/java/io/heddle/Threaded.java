package io.heddle;

import io.heddle.jvm.ThreadFields;
import io.heddle.scheduler.Carriers;
import io.heddle.scheduler.Unstarted;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The thread of a goroutine. A goroutine that has not begun needs none, and one that has ended
 * leaves its thread to the next one if it can: see {@link io.heddle.scheduler.SharedThread}.
 *
 * <h2>Which thread it has</h2>
 *
 * <table>
 *   <caption>The states of a goroutine's thread</caption>
 *   <tr><th>thread</th><th>own</th><th>ended</th><th>what that means</th></tr>
 *   <tr><td>null</td><td>no</td><td>no</td><td>not begun: the run queue holds the goroutine</td></tr>
 *   <tr><td>T</td><td>no</td><td>no</td><td>runs on T, which may run others after it</td></tr>
 *   <tr><td>T</td><td>yes</td><td></td><td>T runs, or ran, no others after it</td></tr>
 *   <tr><td>T</td><td>no</td><td>yes</td><td>has ended, and T is about to end, or be left</td></tr>
 *   <tr><td>{@link #GONE}</td><td>no</td><td>yes</td><td>has ended, and left its thread</td></tr>
 * </table>
 *
 * <p>A goroutine has a thread of its own from the start if it has a name, which threads show; if it
 * is in a bubble; if it inherits anything from the thread that starts it, beside the class loader
 * that its whole program has; and always on the JDK's scheduler.
 *
 * <h2>Protocol</h2>
 *
 * <p><i>Begin.</i> {@code thread} is set once, by a compare-and-set from null: by the shared thread
 * whose turn it is, or by the first caller that asks for the thread before that, which makes one
 * for this goroutine alone.
 *
 * <p><i>Asking for it.</i> The thread of a goroutine that others know, because they interrupt it or
 * because a program has asked for it, must not run another goroutine. Whoever wants it first sets
 * {@code asked}, and then looks whether the goroutine has ended. The goroutine first says that it
 * has ended, and then looks whether its thread was asked for. All of these are volatile accesses,
 * so at least one of them sees the other. If the goroutine does, its thread ends with it. If the
 * other does, it leaves the thread alone, as the goroutine has ended. So an interrupt that comes
 * late does not hit another goroutine.
 *
 * <p>Only this goroutine's code can give its thread away behind our back, with {@link
 * Thread#currentThread()}; a program must not interrupt such a thread when the goroutine has ended,
 * as with the threads of an executor.
 *
 * <p><i>Unparking</i> needs none of this: an unpark that comes late is one for no reason, which
 * every wait has to put up with.
 */
abstract class Threaded extends Waiter implements Unstarted, Thread.UncaughtExceptionHandler {
  /**
   * The thread of all goroutines that have ended and left theirs. It has ended, too. Null if they
   * never do.
   */
  private static final @Nullable Thread GONE = Schedulers.shareThreads() ? endedThread() : null;

  private static final StackTraceElement[] NO_STACK = {};

  private static final VarHandle THREAD;

  static {
    try {
      THREAD = MethodHandles.lookup().findVarHandle(Threaded.class, "thread", Thread.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile @Nullable Thread thread;

  /** Whether other code has asked for the thread. */
  private volatile boolean asked;

  /** Whether no other goroutine will run on the thread. */
  private volatile boolean own;

  /** A thread whose executor refuses to run it. */
  private static Thread endedThread() {
    Thread thread =
        Carriers.newThread(
            task -> {
              throw new RejectedExecutionException();
            },
            () -> {});
    try {
      thread.start();
    } catch (RejectedExecutionException expected) {
      // so it has ended
    }
    return thread;
  }

  /** The context class loader of all goroutines of its program that do not inherit another. */
  abstract @Nullable ClassLoader loader();

  public abstract boolean isDone();

  /** Gives it a thread of its own before any other thread sees it. */
  final void hasOwnThread(Thread made) {
    made.setUncaughtExceptionHandler(this);
    own = true;
    thread = made;
  }

  // Called by the shared thread.

  @Override
  public final @Nullable Thread ownThread() {
    return thread;
  }

  @Override
  public final boolean begin(Thread self) {
    if (!THREAD.compareAndSet(this, null, self)) {
      return false;
    }
    self.setUncaughtExceptionHandler(this);
    ClassLoader loader = loader();
    if (self.getContextClassLoader() != loader) {
      self.setContextClassLoader(loader);
    }
    return true;
  }

  @Override
  public final boolean leave(Thread self) {
    if (asked // comes after the end
        || !ThreadFields.areAsNew(self)
        || !self.getName().isEmpty()
        || self.getContextClassLoader() != loader()) {
      return false;
    }
    thread = GONE;
    boolean _ = Thread.interrupted(); // the goroutine's own doing
    return true;
  }

  /** No thread will run it, as none could be started. */
  final void hasNoThread() {
    THREAD.compareAndSet(this, null, GONE);
  }

  // Called by others.

  /**
   * Its thread, which is this goroutine's from now on; one that has ended if the goroutine has left
   * its own.
   */
  public final Thread thread() {
    Thread found = keepThread();
    if (found.getState() == Thread.State.NEW && !isDone()) {
      try {
        startOwnThread(); // no thread can wait for one that was not started
      } catch (Throwable e) { // of want of memory: it cannot be started again
        fail(e);
        throw e;
      }
    }
    return found;
  }

  /** Its thread, which is this goroutine's from now on, but may not have been started. */
  private Thread keepThread() {
    if (!own && !isDone()) {
      if (thread == null) {
        makeOwn();
      }
      asked = true;
      if (!isDone()) {
        own = true;
      }
    }
    return Objects.requireNonNull(own ? thread : GONE);
  }

  /** The thread starts when other code asks for it, or else when the goroutine's turn comes. */
  private void makeOwn() {
    Thread made = Schedulers.newBareThread(this);
    made.setContextClassLoader(loader());
    made.setUncaughtExceptionHandler(this);
    if (THREAD.compareAndSet(this, null, made)) {
      own = true;
    }
  }

  /** Starts the thread that was made for it alone, unless it has been started. */
  final void startOwnThread() {
    try {
      Schedulers.start(Objects.requireNonNull(thread));
    } catch (IllegalThreadStateException e) {
      // a caller has asked for the thread, or its turn has come
    }
  }

  /** Interrupts it, also if it has not begun. Does nothing if it has ended. */
  final void interruptThread() {
    Thread found = keepThread();
    if (found != GONE) {
      found.interrupt();
    }
  }

  /** Whether it runs on a thread. For the thread itself, as another answer may be old. */
  final boolean runsOn(Thread one) {
    return thread == one;
  }

  @Override
  final @Nullable Thread sleeper() {
    return thread;
  }

  // Code that reads something of the thread then checks that it still is this goroutine's. A
  // goroutine leaves its thread before the next one begins, so the value is not another's.

  /** Its stack; empty if it has not begun, or has left its thread. */
  final StackTraceElement[] stack() {
    Thread found = thread;
    StackTraceElement[] frames = found == null ? NO_STACK : found.getStackTrace();
    return found == thread ? frames : NO_STACK;
  }

  /** The state of its thread. */
  final Thread.State threadState() {
    Thread found = thread;
    Thread.State state = found == null ? Thread.State.NEW : found.getState();
    return found == thread || found == null ? state : Thread.State.TERMINATED;
  }

  /** The number of its thread; 0 if absent. */
  final long threadId() {
    Thread found = thread;
    return found == null ? 0 : found.threadId();
  }
}
