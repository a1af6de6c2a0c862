package io.heddle.testing;

import io.heddle.Chan;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Select;
import io.heddle.Task;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A bubble whose main goroutine does what another thread tells it to, one call after another. It
 * waits for calls on a channel from outside: so time stands still between them.
 */
final class BubbleSession implements AutoCloseable {
  private final Chan<Task> calls = Chan.unbuffered();
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
  private final Goroutine runner = Go.go("bubble", this::run);

  /** What a call returns or throws, on the other side. */
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

  /** Runs a call in the bubble. If a goroutine of the bubble fails meanwhile, throws that. */
  <T extends @Nullable Object> T call(Call<T> call) throws Throwable {
    CompletableFuture<T> result = new CompletableFuture<>();
    Task task =
        () -> {
          try {
            result.complete(call.run());
          } catch (InterruptedException e) { // most likely the bubble ends, and says why
            throw e;
          } catch (Throwable e) { // it belongs to the caller, and does not end the bubble
            result.completeExceptionally(e);
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
    try {
      if (!result.isDone()) {
        ended.join();
      }
      return result.join();
    } catch (CompletionException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  /**
   * Ends the bubble.
   *
   * @param quietly whether there is a failure already, which one more must not hide
   */
  void end(boolean quietly) throws Exception {
    if (!ended.isDone()) {
      calls.close();
    }
    runner.join();
    try {
      ended.join();
    } catch (CompletionException e) {
      if (!quietly) {
        switch (e.getCause()) {
          case Exception cause -> throw cause;
          case Error cause -> throw cause;
          case null, default -> throw e;
        }
      }
    }
  }

  /** For tests that were aborted before their end. */
  @Override
  public void close() {
    runner.cancel();
  }
}
