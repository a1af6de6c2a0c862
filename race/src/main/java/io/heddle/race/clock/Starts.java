package io.heddle.race.clock;

import org.jspecify.annotations.Nullable;

/** The threads of the JDK that have been started and have not been seen running yet. */
public final class Starts {
  private static final WeakIdentityMap<ThreadState> STARTED = new WeakIdentityMap<>();

  private Starts() {}

  /**
   * A thread is about to be started by the calling one.
   *
   * @param thread the thread
   */
  public static void add(Thread thread) {
    boolean isGoroutine =
        thread.getUncaughtExceptionHandler() instanceof StateHolder holder
            && holder.race$state() instanceof ThreadState state
            && state.isNew();
    if (!isGoroutine && thread.getState() == Thread.State.NEW) {
      STARTED.get(thread, key -> ThreadState.startedBy((Thread) key));
    }
  }

  static @Nullable ThreadState take(Thread thread) {
    return STARTED.remove(thread);
  }
}
