package io.heddle;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A value that is computed once, when it is first asked for: Go's {@code sync.OnceValue}, and for
 * pairs {@code sync.OnceValues}, with a record as the value.
 *
 * <p>The computation happens before the return of every call.
 *
 * @param <T> the value
 */
public final class OnceValue<T extends @Nullable Object> {
  /** What null is stored as. */
  private static final Object NULL = new Object();

  /** Stands for the failure. */
  private static final Object THROWN = new Object();

  private final Once once = new Once();
  private @Nullable Supplier<? extends T> supplier;

  /** What came of the computation; null until then. */
  private volatile @Nullable Object outcome;

  /** Set before the outcome; not a part of that, as there may be no memory to wrap it. */
  private @Nullable Throwable failure;

  private OnceValue(Supplier<? extends T> supplier) {
    this.supplier = Objects.requireNonNull(supplier, "supplier");
  }

  /**
   * Makes a value that will be computed on demand.
   *
   * @param <T> the value
   * @param supplier computes it; must not ask for it
   * @return the value to be
   */
  public static <T extends @Nullable Object> OnceValue<T> of(Supplier<? extends T> supplier) {
    return new OnceValue<>(supplier);
  }

  /**
   * The value. The first call computes it, calls during that wait for it, all others return at
   * once.
   *
   * <p>If the computation throws, every call throws the same exception.
   *
   * @return what the supplier returned
   * @throws InterruptedException if the thread is interrupted before the computation begins, or
   *     while another goroutine computes
   */
  public T get() throws InterruptedException {
    Object known = outcome;
    if (known == null) {
      once.run(this::compute);
      known = outcome;
    }
    return value(known);
  }

  /**
   * The value, as {@link #get()} has it, but waiting for another goroutine that computes it only
   * until the context is done.
   *
   * @param context ends the wait, not the computation
   * @return what the supplier returned
   * @throws ContextException if the context is done
   * @throws InterruptedException if the thread is interrupted before the computation begins, or
   *     while another goroutine computes
   */
  public T get(Context context) throws InterruptedException {
    Objects.requireNonNull(context, "context");
    Object known = outcome;
    if (known == null) {
      once.run(this::compute, context);
      known = outcome;
    }
    return value(known);
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // set by compute, and null only if T can be
  private T value(@Nullable Object outcome) {
    if (outcome == THROWN) {
      throw OnceValue.<RuntimeException>sneaky(failure);
    }
    return outcome == NULL ? null : (T) outcome;
  }

  private void compute() {
    Supplier<? extends T> computation = Objects.requireNonNull(supplier);
    supplier = null;
    try {
      T value = computation.get();
      outcome = value == null ? NULL : value;
    } catch (Throwable e) {
      failure = e;
      outcome = THROWN;
    }
  }

  /** A supplier throws nothing checked, unless by such a trick as this. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> X sneaky(Throwable thrown) throws X {
    throw (X) thrown;
  }
}
