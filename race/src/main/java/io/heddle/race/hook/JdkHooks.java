package io.heddle.race.hook;

import io.heddle.race.clock.Starts;
import io.heddle.race.clock.SyncVar;
import io.heddle.race.clock.ThreadState;
import org.jspecify.annotations.Nullable;

/** What classes of the JDK call once the agent has woven them. */
public final class JdkHooks {
  private JdkHooks() {}

  /**
   * A thread is about to be started.
   *
   * @param thread the thread
   */
  public static void starting(Thread thread) {
    Starts.add(thread);
  }

  /** The calling thread's task has ended. A goroutine's end is seen in Heddle's own class. */
  public static void ending() {
    ThreadState state = ThreadState.ofPlainThread();
    if (state != null && state.isRunning()) {
      SyncVar.of(Thread.currentThread()).release(state);
      state.end();
    }
  }

  /**
   * A task is about to be given to another thread, or its outcome to be set.
   *
   * @param task the task
   */
  public static void release(@Nullable Object task) {
    if (task != null) {
      SyncVar.of(task).release(ThreadState.current());
    }
  }

  /**
   * A task is about to run, or its outcome is known.
   *
   * @param task the task
   */
  public static void acquire(@Nullable Object task) {
    if (task != null) {
      SyncVar known = SyncVar.known(task);
      if (known != null) {
        known.acquire(ThreadState.current());
      }
    }
  }

  /**
   * As {@link #acquire}, if an operation has succeeded.
   *
   * @param task the task
   * @param success what it has returned
   */
  public static void acquireIf(@Nullable Object task, boolean success) {
    if (success) {
      acquire(task);
    }
  }
}
