package io.heddle.preflight;

import io.heddle.Context;
import io.heddle.TaskGroup;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;

/** Tasks of a check that run concurrently and end together. */
final class Together {
  private Together() {}

  /**
   * Runs tasks, each in a goroutine of its own, and waits for all. If one fails, or the thread is
   * interrupted, all are interrupted, and this still waits for them.
   *
   * @param context cancels all tasks, too
   * @return the results, in the order of the tasks
   */
  static <T> List<T> all(Context context, List<? extends Callable<T>> tasks)
      throws NotReadyException, InterruptedException {
    try (TaskGroup<T> group = new TaskGroup<>(context)) {
      for (Callable<T> task : tasks) {
        group.go(task);
      }
      return group.await(context);
    } catch (ExecutionException e) {
      switch (Objects.requireNonNull(e.getCause(), "cause")) {
        case NotReadyException notReady -> throw notReady;
        case InterruptedException interrupted -> throw interrupted;
        case RuntimeException defect -> throw defect;
        default -> throw new IllegalStateException("a check failed", e);
      }
    }
  }
}
