package io.heddle.orders.check;

import io.heddle.Context;
import io.heddle.flow.Pipeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

/** Tasks of a check that run at the same time and end together. */
final class Together {
  private Together() {}

  /**
   * Runs tasks, each on a goroutine of its own, and waits for all. When one fails, or the thread is
   * interrupted, all are interrupted, and still waited for.
   *
   * @param context ends all, too
   * @return the results, in the order of the tasks
   * @throws NotReadyException if that is what one failed with
   * @throws io.heddle.ContextException if the context was done before
   */
  static <T> List<T> all(Context context, List<? extends Callable<T>> tasks)
      throws NotReadyException, InterruptedException {
    Map<Integer, T> results = new ConcurrentHashMap<>();
    try {
      Pipeline.run(
          context,
          scope -> {
            for (int i = 0; i < tasks.size(); i++) {
              int at = i;
              scope.go(() -> results.put(at, tasks.get(at).call()));
            }
          });
    } catch (NotReadyException | InterruptedException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("a check failed", e);
    }
    List<T> ordered = new ArrayList<>(tasks.size());
    for (int i = 0; i < tasks.size(); i++) {
      ordered.add(Objects.requireNonNull(results.get(i)));
    }
    return ordered;
  }
}
