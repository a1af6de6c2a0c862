package io.heddle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.interop.GoroutineExecutor;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a dump says of the goroutines of an executor: where their tasks were submitted. */
final class ExecutorOriginTest {
  private static String creator() {
    return Objects.requireNonNull(Goroutine.current()).createdBy();
  }

  private static void assertHere(String method, String creator) {
    assertTrue(creator.contains("ExecutorOriginTest." + method), creator);
  }

  @Test
  void eachLambdaHasItsOwn() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      assertHere("eachLambdaHasItsOwn", executor.submit(() -> creator()).get());
      assertHere("submitElsewhere", submitElsewhere(executor));
    }
  }

  private static String submitElsewhere(GoroutineExecutor executor) throws Exception {
    return executor.submit(() -> creator()).get();
  }

  @Test
  void aStageOfACompletableFutureHasThatOfItsCaller() throws Exception {
    try (var executor = new GoroutineExecutor()) {
      assertHere(
          "aStageOfACompletableFutureHasThatOfItsCaller",
          CompletableFuture.supplyAsync(ExecutorOriginTest::creator, executor).get());
    }
  }
}
