package io.heddle.testing;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Select;
import io.heddle.Task;
import io.heddle.internal.TestAccess;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A bubble whose main goroutine executes calls from another thread, one after another. It waits for
 * calls on a channel from outside, so time stands still between them.
 */
final class BubbleSession implements AutoCloseable {
  private final Chan<Task> calls = Chan.unbuffered();
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
  private final Goroutine<?> runner = Go.go("bubble", this::run);

  /** The bubble's failure, once a call has thrown it. */
  private @Nullable Throwable reported;

  /** The result or exception of a call, for the calling thread. */
  @FunctionalInterface
  interface Call<T extends @Nullable Object> {
    T run() throws Throwable;
  }

  private void run() {
    try {
      Bubble.run(() -> {
        for (Task call : calls) {
          call.run();
        }
      });
      ended.complete(null);
    } catch (Throwable e) { // for end, or for the call during which it happened
      ended.completeExceptionally(e);
    }
  }

  /**
   * Runs a call in the bubble. If a goroutine of the bubble fails meanwhile, throws its exception,
   * with the exception of the call itself as a suppressed one.
   */
  @SuppressWarnings("ReferenceEquality") // the same exception, not an equal one
  <T extends @Nullable Object> T call(Call<T> call) throws Throwable {
    CompletableFuture<T> result = new CompletableFuture<>();
    Task task =
        () -> {
          try {
            result.complete(call.run());
          } catch (InterruptedException e) { // most likely the bubble is ending, with a reason
            throw e;
          } catch (Throwable e) {
            if (TestAccess.get().hasFailed()) {
              rethrow(e); // the bubble's failure came first, and suppresses this one
            }
            result.completeExceptionally(e); // for the caller; it does not end the bubble
          }
        };
    try {
      boolean sent =
          Select.select(calls.onSend(task, () -> true), Select.onComplete(ended, (v, e) -> false));
      if (sent) {
        Select.select(
            Select.onComplete(result, (value, e) -> true),
            Select.onComplete(ended, (v, e) -> true));
      }
    } catch (InterruptedException e) {
      runner.cancel();
      throw e;
    }
    Throwable failure = result.isDone() ? null : failure(ended);
    if (failure != null) {
      reported = failure;
      Throwable late = result.isDone() ? failure(result) : null;
      if (late != null && late != failure) {
        failure.addSuppressed(late);
      }
      throw failure;
    }
    if (!result.isDone()) {
      throw new IllegalStateException("the bubble has ended");
    }
    try {
      return result.join();
    } catch (CompletionException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  private static void rethrow(@Nullable Throwable failure) throws Exception {
    switch (failure) {
      case null -> {}
      case Exception e -> throw e;
      case Error e -> throw e;
      default -> throw new UndeclaredThrowableException(failure);
    }
  }

  /** Waits for a future; returns its failure, null if it has not failed. */
  private static @Nullable Throwable failure(CompletableFuture<?> future) {
    try {
      future.join();
      return null;
    } catch (CompletionException e) {
      return e.getCause() == null ? e : e.getCause();
    }
  }

  /**
   * Ends the bubble.
   *
   * @throws Exception the bubble's failure, unless a call has thrown it
   */
  @SuppressWarnings("ReferenceEquality") // the same exception, not an equal one
  void end() throws Exception {
    if (!ended.isDone()) {
      calls.close();
    }
    runner.join();
    Throwable failure = failure(ended);
    if (failure != reported) {
      rethrow(failure);
    }
  }

  /** For tests that were aborted before their end. */
  @Override
  public void close() {
    runner.cancel();
  }
}
