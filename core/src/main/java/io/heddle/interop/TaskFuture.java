package io.heddle.interop;

import io.heddle.Chan;
import io.heddle.Context;
import io.heddle.Goroutine;
import io.heddle.internal.Failures;
import io.heddle.internal.TestAccess;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The future of a task that runs in a goroutine of its own. It waits by Heddle's means, and so in
 * virtual time, too; the JDK's {@link java.util.concurrent.FutureTask} parks the thread by itself.
 *
 * <p>The status goes from waiting through running to an outcome, or from waiting directly to
 * cancelled, in which case the task never runs. Either the task's goroutine or {@link #cancel}
 * makes the one step to an outcome, and then closes the channel.
 */
class TaskFuture<T extends @Nullable Object> implements Future<T>, Runnable {
  private sealed interface Status<T extends @Nullable Object> {}

  private record Waiting<T extends @Nullable Object>(Callable<? extends T> task)
      implements Status<T> {}

  private record Running<T extends @Nullable Object>(Goroutine<?> goroutine) implements Status<T> {}

  private sealed interface Outcome<T extends @Nullable Object> extends Status<T> {}

  private record Succeeded<T extends @Nullable Object>(T value) implements Outcome<T> {}

  private record Failed<T extends @Nullable Object>(Throwable failure) implements Outcome<T> {}

  private record Cancelled<T extends @Nullable Object>() implements Outcome<T> {}

  private final AtomicReference<Status<T>> status;

  /** Closed once there is an outcome. */
  private final Chan<Void> ended = Chan.unbuffered();

  TaskFuture(Callable<? extends T> task) {
    this.status = new AtomicReference<>(new Waiting<>(task));
  }

  /** Called when there is an outcome, on the thread that made it. */
  void done() {}

  @Override
  public void run() {
    if (status.get() instanceof Waiting<T> waiting) {
      Running<T> running =
          new Running<>(Objects.requireNonNull(Goroutine.current(), "not in a goroutine"));
      if (status.compareAndSet(waiting, running)
          && status.compareAndSet(running, outcomeOf(waiting.task()))) {
        end();
      }
    }
  }

  private static <T extends @Nullable Object> Outcome<T> outcomeOf(Callable<? extends T> task) {
    try {
      return new Succeeded<>(task.call());
    } catch (Throwable e) {
      return new Failed<>(e);
    }
  }

  private void end() {
    ended.close();
    done();
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    while (true) {
      Status<T> seen = status.get();
      if (seen instanceof Outcome<T>) {
        return false;
      }
      if (status.compareAndSet(seen, new Cancelled<>())) {
        // The goroutine is the task's own: an interrupt that comes late hits nothing else.
        if (mayInterruptIfRunning && seen instanceof Running<T> running) {
          running.goroutine().cancel();
        }
        end();
        return true;
      }
    }
  }

  @Override
  public boolean isCancelled() {
    return status.get() instanceof Cancelled<T>;
  }

  @Override
  public boolean isDone() {
    return status.get() instanceof Outcome<T>;
  }

  @Override
  public T get() throws InterruptedException, ExecutionException {
    if (!isDone()) {
      TestAccess.get().await("Future.get", () -> ended.receive());
    }
    return result();
  }

  @Override
  public T get(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    Duration duration = Duration.ofNanos(unit.toNanos(timeout));
    if (!isDone()) {
      TestAccess.get().await("Future.get", () -> ended.receive(duration));
    }
    return result();
  }

  /** Waits until there is an outcome, whichever. */
  void await(Context limit) throws InterruptedException {
    if (!isDone()) {
      ended.receive(limit);
    }
  }

  private T result() throws ExecutionException {
    return switch (status.get()) {
      case Succeeded<T>(T value) -> value;
      case Failed<T>(Throwable failure) ->
          throw new ExecutionException(Failures.text(failure), failure);
      case Cancelled<T>() -> throw new CancellationException("the task was cancelled");
      case Waiting<T> _, Running<T> _ -> throw new AssertionError("ended without an outcome");
    };
  }

  @Override
  public String toString() {
    String text =
        switch (status.get()) {
          case Waiting<T> _ -> "not started";
          case Running<T> running -> "running in " + running.goroutine().name();
          case Succeeded<T> _ -> "completed normally";
          case Failed<T>(Throwable failure) -> "failed: " + Failures.text(failure);
          case Cancelled<T> _ -> "cancelled";
        };
    return "Future[" + text + "]";
  }
}
