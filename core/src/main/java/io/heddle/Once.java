package io.heddle;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs something once, however many goroutines ask for it: Go's {@code sync.Once}. Those who ask
 * while it runs wait until it is over.
 *
 * <p>For a result to remember, see {@link OnceValue}.
 *
 * <p>What the action does happens before the return of every call.
 */
public final class Once {
  private final Mutex mutex = new Mutex();
  private @Nullable Thread runner;
  private volatile boolean done;

  /** Makes a Once that has run nothing. */
  public Once() {}

  /**
   * Runs the action if this object has never run one: Go's {@code once.Do(f)}. An action that
   * throws counts as run: its exception goes to the caller that ran it, and to no other.
   *
   * @param action what to run; must not call this method of the same object
   * @throws InterruptedException if the thread is interrupted before the action begins, or while
   *     another goroutine runs it
   * @throws IllegalStateException if called by the action itself
   */
  public void run(Runnable action) throws InterruptedException {
    Objects.requireNonNull(action, "action");
    if (!done) {
      checkRunner();
      mutex.lock();
      runLocked(action);
    }
  }

  /**
   * Runs the action if this object has never run one, and waits for another goroutine that runs it
   * only until the context is done.
   *
   * @param action what to run; must not call this method of the same object
   * @param context ends the wait, not the action
   * @throws ContextException if the context is done
   * @throws InterruptedException if the thread is interrupted before the action begins, or while
   *     another goroutine runs it
   * @throws IllegalStateException if called by the action itself
   */
  public void run(Runnable action, Context context) throws InterruptedException {
    Objects.requireNonNull(action, "action");
    Objects.requireNonNull(context, "context");
    if (!done) {
      checkRunner();
      mutex.lock(context);
      runLocked(action);
    }
  }

  private void checkRunner() {
    if (runner == Thread.currentThread()) { // a race can only see another thread here
      throw new IllegalStateException("run of a Once by its own action");
    }
  }

  private void runLocked(Runnable action) {
    try {
      if (!done) {
        runner = Thread.currentThread();
        try {
          action.run();
        } finally {
          runner = null;
          done = true;
        }
      }
    } finally {
      mutex.unlock();
    }
  }

  /**
   * Whether the action has run.
   *
   * @return true once it has returned or thrown
   */
  public boolean isDone() {
    return done;
  }
}
