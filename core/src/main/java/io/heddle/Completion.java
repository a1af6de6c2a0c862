package io.heddle;

import java.lang.invoke.VarHandle;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The completion of a future, or another stage, of the JDK as something to wait for. It belongs to
 * no bubble, as any thread may complete a future.
 *
 * <p>The future is asked whether it is complete. Its callback only makes waiters look again, so
 * that none of several cases of one future is preferred.
 */
final class Completion extends Source<Void> {
  private final CompletableFuture<?> future;

  private Completion(CompletableFuture<?> future) {
    super(null);
    this.future = future;
  }

  /**
   * A future with the outcome of the stage, which may be asked under a lock: the stage itself,
   * unless its class is not the JDK's, or overrides methods.
   */
  private static <T extends @Nullable Object> CompletableFuture<T> plain(CompletionStage<T> stage) {
    if (stage.getClass() == CompletableFuture.class
        && stage instanceof CompletableFuture<T> future) {
      return future;
    }
    CompletableFuture<T> plain = new CompletableFuture<>();
    CompletionStage<?> _ =
        stage.whenComplete((value, failure) -> {
          if (failure == null) {
            plain.complete(value);
          } else {
            plain.completeExceptionally(failure);
          }
        });
    return plain;
  }

  /**
   * A case that is chosen when the stage is complete.
   *
   * @param result called with a complete future of the same outcome
   */
  static <T extends @Nullable Object, R extends @Nullable Object> Case<R> of(
      @Nullable CompletionStage<T> stage,
      Function<? super CompletableFuture<T>, ? extends R> result) {
    if (stage == null) {
      return new OfNull<>();
    }
    CompletableFuture<T> future = plain(stage);
    Completion complete = new Completion(future);
    CompletableFuture<?> _ = future.whenComplete((value, failure) -> complete.lookAgain());
    return complete.onReceive(none -> result.apply(future));
  }

  /** What the function makes of the outcome of a complete future. */
  static <T extends @Nullable Object, R extends @Nullable Object> R handle(
      CompletableFuture<T> complete,
      BiFunction<? super @Nullable T, ? super @Nullable Throwable, ? extends R> result) {
    T value;
    try {
      value = complete.join();
    } catch (CompletionException e) {
      return result.apply(null, e.getCause());
    } catch (CancellationException e) {
      return result.apply(null, e);
    }
    return result.apply(value, null);
  }

  @Override
  boolean isExclusive() {
    return false;
  }

  @Override
  boolean ready() {
    return future.isDone();
  }

  @Override
  boolean take(Node into, Wakeups wakeups) {
    into.item = null;
    return future.isDone();
  }

  @Override
  boolean seemsUnready() {
    VarHandle.fullFence(); // a look that finds nothing comes after what this thread did before
    return !future.isDone();
  }

  @Override
  boolean isEnded() {
    return future.isDone();
  }

  @Override
  public boolean isDrained() {
    return future.isDone();
  }

  @Override
  WaitReason reason() {
    return WaitReason.FUTURE;
  }

  /** The case of no future, which no select can run with. */
  private static final class OfNull<R extends @Nullable Object> extends Case.Action<R> {
    OfNull() {
      super(
          null,
          () -> {
            throw new AssertionError("never chosen");
          });
      isUnfit = true;
    }

    @Override
    RuntimeException refusal() {
      return new NullPointerException("onComplete of null");
    }

    @Override
    boolean ready() {
      return false;
    }

    @Override
    boolean complete(Wakeups wakeups) {
      return false;
    }

    @Override
    boolean enqueue() {
      throw new AssertionError("never queued");
    }
  }
}
