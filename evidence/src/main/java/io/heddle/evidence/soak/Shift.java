package io.heddle.evidence.soak;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.Go;
import io.heddle.Goroutine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;

/**
 * Some seconds of the load: goroutines that repeat their step until the shift is over, while now
 * and then one of them is interrupted. The end of the shift is the end of a context, which
 * interrupts all.
 */
final class Shift {
  /** What a worker does again and again. When it throws, nothing has happened, or it says so. */
  @FunctionalInterface
  interface Step {
    void run(SplittableRandom random) throws Exception;
  }

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final CancelContext context = Context.background().withCancel();
  private final List<Goroutine<?>> workers = new ArrayList<>();
  private final Queue<Throwable> violations = new ConcurrentLinkedQueue<>();
  private final SplittableRandom random;
  private long interrupts;

  Shift(SplittableRandom random) {
    this.random = random;
  }

  /** Ends with the shift. */
  Context context() {
    return context;
  }

  /** Adds a worker. */
  void worker(Step step) {
    SplittableRandom own = random.split();
    workers.add(Go.go(context, () -> work(step, own)));
  }

  private void work(Step step, SplittableRandom own) {
    while (context.error() == null) {
      try {
        step.run(own);
        if (own.nextInt(4) == 0) {
          Go.gosched(); // goroutines that never wait are not preempted
        }
      } catch (InterruptedException | ContextException | TimeoutException e) {
        // Told to end, or interrupted by chance, or tired of waiting: nothing has happened.
      } catch (Throwable e) {
        violations.add(e);
        return;
      }
    }
  }

  /** Interrupts one of the workers. */
  void interruptOne() {
    workers.get(random.nextInt(workers.size())).thread().interrupt();
    interrupts++;
  }

  long interrupts() {
    return interrupts;
  }

  /** Ends the shift, waits for every worker, and throws the first violation. */
  void end() throws InterruptedException {
    context.cancel();
    for (Goroutine<?> worker : workers) {
      try {
        worker.join(PATIENCE);
      } catch (TimeoutException e) {
        throw new AssertionError("does not end: " + worker, e);
      }
    }
    if (!violations.isEmpty()) {
      throw new AssertionError(violations.size() + " violations", violations.peek());
    }
  }
}
