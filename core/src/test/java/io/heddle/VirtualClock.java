package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.heddle.internal.Stuck;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A bubble for tests that move time by hand. It also moves by itself when the test waits: only
 * then, and only as far as it must. It is public for the tests of other packages.
 */
public final class VirtualClock extends BubbleClock {
  /** The time of day at which every test begins. */
  public static final Instant START = BubbleClock.START;

  /** Generous, as it only decides how soon a test that hangs anyway is given up. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final AtomicReference<@Nullable Runnable> atNextReading = new AtomicReference<>();

  VirtualClock() {}

  /** A test that moves time. */
  @FunctionalInterface
  public interface Body {
    /** Runs as the main goroutine of a program on the clock. */
    void run(VirtualClock clock) throws Exception;
  }

  /** Runs a test as a program on a virtual clock; any goroutine's failure fails it. */
  public static void run(Body body) throws InterruptedException {
    VirtualClock clock = new VirtualClock();
    Stuck stuck = clock.run(() -> new Program(clock).run(() -> body.run(clock)));
    assertNull(stuck, () -> "deadlock\n" + stuck.goroutines());
  }

  /** Has the next thread that reads the time run something first. */
  public void atNextReading(Runnable action) {
    atNextReading.set(action);
  }

  @Override
  long nanoTime() {
    Runnable action = atNextReading.getAndSet(null);
    if (action != null) {
      action.run();
    }
    return super.nanoTime();
  }

  /** The alarms that are set and the goroutines that sleep until a deadline. */
  int pending() {
    guard.enter();
    int pending = alarms.size();
    guard.exit();
    return pending;
  }

  /** Moves time on, and waits until nothing more happens at the new time. */
  public void advance(Duration duration) throws InterruptedException {
    if (current() == this) {
      Go.sleep(duration);
      settle();
    } else {
      new Program(this).run(() -> advance(duration));
    }
  }

  /** Waits until nobody is active, and asserts that so many sleep until a deadline. */
  public void awaitSleepers(int count) throws InterruptedException {
    settle();
    guard.enter();
    long sleepers = members.stream().filter(member -> member.index >= 0).count();
    guard.exit();
    assertEquals(count, sleepers, "sleepers");
  }

  /** Waits until nobody is active, and asserts that the goroutine sleeps for the reason. */
  public static void awaitBlocked(Goroutine<?> goroutine, String reason)
      throws InterruptedException {
    BubbleClock bubble = current();
    if (bubble == null) { // in real time there is nothing but to look again and again
      TestSupport.awaitBlocked(goroutine, reason);
      return;
    }
    bubble.settle();
    Routine routine = (Routine) goroutine;
    assertEquals(
        reason, routine.isWaiting() ? String.valueOf(routine.reason()) : goroutine.toString());
  }

  /** Waits for a condition that other threads bring about, in real time. */
  public static void await(BooleanSupplier condition, Supplier<String> what) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new AssertionError("waited in vain for " + what.get());
      }
      Go.gosched();
    }
  }
}
