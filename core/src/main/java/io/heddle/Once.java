package io.heddle;

import io.heddle.internal.Failures;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Runs an action once, however many goroutines call it: Go's {@code sync.Once}. Calls while the
 * action runs wait until it has ended.
 *
 * <p>For an action with a result, see {@link OnceValue}.
 *
 * <p>An action that fails counts as run, and every call throws an {@link ExecutionException}: the
 * call that ran the action, those that waited for it and all later ones. The functions of Go's
 * {@code sync.OnceFunc} panic likewise. The exception's cause is what the action threw, and shows
 * where; its own stack trace shows the call. Go's {@code once.Do} differs: all calls but the one
 * that ran the action return as if it had succeeded.
 *
 * <p>What the action does happens before the return of every call.
 */
public final class Once {
  private static final Object SUCCEEDED = new Object();

  private final Mutex mutex = new Mutex();
  private @Nullable Thread runner;

  /** Null until the action has ended; then {@link #SUCCEEDED}, or what it threw. */
  private volatile @Nullable Object outcome;

  /** Makes a Once that has run nothing. */
  public Once() {}

  /**
   * Runs the action if this object has never run one: Go's {@code once.Do(f)}.
   *
   * <p>If the calling goroutine is interrupted or its context is done while it runs the action, and
   * the action throws an {@link InterruptedException} or a {@link ContextException} because of
   * that, this call throws the same. To later calls it is a failure like any other. An action that
   * is to outlive its caller belongs in a goroutine of its own.
   *
   * @param action what to run; must not call this method of the same object
   * @throws ExecutionException if the action has failed, in this call or an earlier one
   * @throws InterruptedException if the thread is interrupted before the action begins, while it
   *     runs the action or while another goroutine does
   * @throws IllegalStateException if called by the action itself
   */
  public void run(Task action) throws ExecutionException, InterruptedException {
    run(WaitReason.ONCE, action, null);
  }

  /**
   * Runs the action if this object has never run one, and waits for another goroutine that runs it
   * only until the context is done.
   *
   * @param action what to run; must not call this method of the same object
   * @param context ends the wait, not the action
   * @throws ExecutionException if the action has failed, in this call or an earlier one
   * @throws ContextException if the context is done
   * @throws InterruptedException if the thread is interrupted before the action begins, while it
   *     runs the action or while another goroutine does
   * @throws IllegalStateException if called by the action itself
   */
  public void run(Task action, Context context) throws ExecutionException, InterruptedException {
    run(WaitReason.ONCE, action, Objects.requireNonNull(context, "context"));
  }

  /** Runs the action for the method that the user called, here or in {@link OnceValue}. */
  void run(WaitReason caller, Task action, @Nullable Context context)
      throws ExecutionException, InterruptedException {
    Objects.requireNonNull(action, "action");
    if (outcome != SUCCEEDED) {
      if (outcome == null) {
        checkRunner(caller);
        Waiter.named(caller, () -> lock(context));
        runAndUnlock(action);
      }
      checkFailure();
    }
  }

  private void lock(@Nullable Context context) throws InterruptedException {
    if (context == null) {
      mutex.lock();
    } else {
      mutex.lock(context);
    }
  }

  /** Throws if the action itself calls. */
  private void checkRunner(WaitReason caller) {
    if (runner == Thread.currentThread()) { // a race can only see another thread here
      throw new IllegalStateException(
          caller == WaitReason.ONCE
              ? "run of a Once by its own action"
              : "get of an OnceValue by its own computation");
    }
  }

  private void runAndUnlock(Task action) throws InterruptedException {
    try {
      if (outcome == null) {
        runner = Thread.currentThread();
        Object end = SUCCEEDED;
        try {
          action.run();
        } catch (InterruptedException | ContextException e) { // addressed to the caller itself
          end = e;
          throw e;
        } catch (Throwable e) {
          end = e;
        } finally {
          runner = null;
          outcome = end;
        }
      }
    } finally {
      mutex.unlock();
    }
  }

  /** Throws if the action has failed. */
  private void checkFailure() throws ExecutionException {
    if (outcome instanceof Throwable thrown) {
      throw Failures.report(thrown, ExecutionException::new);
    }
  }

  /**
   * Whether the action has run.
   *
   * @return true once it has returned or thrown
   */
  public boolean isDone() {
    return outcome != null;
  }
}
