package io.heddle;

import io.heddle.internal.Outcome;
import io.heddle.internal.Strategy;
import io.heddle.internal.Stuck;
import io.heddle.internal.TestAccess;
import io.heddle.internal.Uninterruptibly.Wait;
import io.heddle.scheduler.Headroom;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** The access of io.heddle.testing, which loads this class by its name. */
final class Testing extends TestAccess {
  static {
    register(new Testing());
  }

  private Testing() {}

  @Override
  public @Nullable Stuck runBubble(Callable<?> main) throws InterruptedException {
    Headroom.forScope();
    checkOutside();
    return new BubbleClock().run(main::call);
  }

  @Override
  public Outcome explore(Callable<?> main, Strategy strategy, int maxSteps, boolean trace)
      throws InterruptedException {
    Headroom.forScope();
    checkOutside();
    return new ExploringClock(strategy, maxSteps, trace).explore(main::call);
  }

  private static void checkOutside() {
    if (BubbleClock.current() != null) {
      throw new IllegalStateException("a bubble in a bubble");
    }
  }

  @Override
  public Object clock() {
    return Program.current().clock();
  }

  @Override
  public long nanoTime(Object clock) {
    return ((Clock) clock).nanoTime();
  }

  @Override
  public <X extends Exception> void await(String operation, Wait<X> waits)
      throws InterruptedException, X {
    Waiter.named(WaitReason.of(operation), waits);
  }

  @Override
  public List<?> goroutines() {
    return Program.allGoroutines();
  }

  @Override
  public String describe(Object goroutine) {
    Routine routine = (Routine) goroutine;
    return routine.snapshot(routine.stack()).text();
  }

  @Override
  public boolean hasFailed() {
    return Program.current().hasFailed();
  }

  @Override
  public void settle() throws InterruptedException {
    Headroom.forScope();
    BubbleClock bubble = BubbleClock.current();
    if (bubble == null) {
      throw new IllegalStateException("settle outside of a bubble");
    }
    bubble.settle();
  }
}
