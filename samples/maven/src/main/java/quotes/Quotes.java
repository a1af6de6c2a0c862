package quotes;

import io.heddle.TaskGroup;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;

/** Asks several shops for their price at the same time. */
final class Quotes {
  private Quotes() {}

  /** Returns the prices in the order of the shops. Fails, and stops asking, after two seconds. */
  static List<Integer> of(List<Callable<Integer>> shops)
      throws ExecutionException, InterruptedException {
    try (var quotes = new TaskGroup<Integer>().limit(10).timeout(Duration.ofSeconds(2))) {
      for (Callable<Integer> shop : shops) {
        quotes.go(shop);
      }
      return quotes.await();
    }
  }
}
