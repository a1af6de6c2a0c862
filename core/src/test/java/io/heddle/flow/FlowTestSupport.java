package io.heddle.flow;

import io.heddle.Chan;
import io.heddle.FlowGoroutines;
import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Receiver;
import io.heddle.Task;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Runs a test as a program that must leave no goroutine behind. */
final class FlowTestSupport {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private FlowTestSupport() {}

  /** Runs the test in a program, and fails if its pipelines leave goroutines behind. */
  static void program(Task test) throws InterruptedException {
    Go.run(() -> {
      test.run();
      awaitAlone();
    });
  }

  /** Waits until the caller's is the only goroutine of its program. */
  static void awaitAlone() {
    awaitUntil(() -> FlowGoroutines.others().isEmpty());
  }

  static void awaitBlocked(Goroutine<?> goroutine, String reason) {
    awaitUntil(() -> goroutine.toString().endsWith("[" + reason + "]"));
  }

  /**
   * Waits until all other goroutines look asleep. They are looked at one after the other, so one
   * may be about to run: what is asserted after this must be true at any time.
   */
  static void awaitAsleep() {
    awaitUntil(() ->
        FlowGoroutines.others().stream()
            .noneMatch(goroutine ->
                goroutine.endsWith("[running]") || goroutine.endsWith("[waiting outside Heddle]")));
  }

  static void awaitUntil(BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new AssertionError("waited in vain; the others are " + FlowGoroutines.others());
      }
      Go.gosched();
    }
  }

  static <T> Receiver<T> endless(Pipeline pipeline, T value) {
    return pipeline.generate(out -> {
      while (true) {
        out.send(value);
      }
    });
  }

  /** Blocks until interrupted, or until the context of the pipeline ends the wait. */
  static void blockForEver() throws InterruptedException {
    Chan.never().receive();
  }
}
