package io.heddle;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The JDK's futures as something to wait for. */
final class Completion {
  private Completion() {}

  /** A signal that fires when the future is complete. */
  static Signal of(CompletableFuture<?> future) {
    Signal complete = new Signal(WaitReason.FUTURE);
    CompletableFuture<?> _ = future.whenComplete((value, failure) -> complete.fire());
    return complete;
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
}
