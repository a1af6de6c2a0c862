package io.heddle;

import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A value that is computed once, when it is first asked for: Go's {@code sync.OnceValue}, and for
 * pairs {@code sync.OnceValues}, with a record as the value.
 *
 * <p>If the computation fails, every call throws an {@link ExecutionException}, as with {@link
 * Once}: its cause shows where the computation failed, its own stack trace the call.
 *
 * <p>The computation happens before the return of every call.
 *
 * @param <T> the value
 */
public final class OnceValue<T extends @Nullable Object> {
  private static final Object NULL = new Object();

  private final Once once = new Once();
  private @Nullable Callable<? extends T> computation;

  /** Null until it is computed; {@link #NULL} if that was null. */
  private volatile @Nullable Object outcome;

  private OnceValue(Callable<? extends T> computation) {
    this.computation = Objects.requireNonNull(computation, "computation");
  }

  /**
   * Makes a value that will be computed on demand.
   *
   * @param <T> the value
   * @param computation computes it; must not ask for it
   * @return the value to be
   */
  public static <T extends @Nullable Object> OnceValue<T> of(Callable<? extends T> computation) {
    return new OnceValue<>(computation);
  }

  /**
   * The value. The first call computes it, calls during that wait for it, all others return at
   * once.
   *
   * @return what the computation returned
   * @throws ExecutionException if the computation has failed, in this call or an earlier one
   * @throws InterruptedException if the thread is interrupted before the computation begins, while
   *     it computes or while another goroutine does; see {@link Once#run(Task)}
   */
  public T get() throws ExecutionException, InterruptedException {
    Object known = outcome;
    if (known == null) {
      once.run(WaitReason.ONCE_VALUE, this::compute, null);
      known = outcome;
    }
    return value(known);
  }

  /**
   * The value, as {@link #get()} has it, but waiting for another goroutine that computes it only
   * until the context is done.
   *
   * @param context ends the wait, not the computation
   * @return what the computation returned
   * @throws ExecutionException if the computation has failed, in this call or an earlier one
   * @throws ContextException if the context is done
   * @throws InterruptedException if the thread is interrupted before the computation begins, while
   *     it computes or while another goroutine does; see {@link Once#run(Task)}
   */
  public T get(Context context) throws ExecutionException, InterruptedException {
    Objects.requireNonNull(context, "context");
    Object known = outcome;
    if (known == null) {
      once.run(WaitReason.ONCE_VALUE, this::compute, context);
      known = outcome;
    }
    return value(known);
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // set by compute, and null only if T can be
  private T value(@Nullable Object outcome) {
    return outcome == NULL ? null : (T) outcome;
  }

  private void compute() throws Exception {
    Callable<? extends T> own = Objects.requireNonNull(computation);
    computation = null;
    T value = own.call();
    outcome = value == null ? NULL : value;
  }
}
