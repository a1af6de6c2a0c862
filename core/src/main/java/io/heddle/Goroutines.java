package io.heddle;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** All goroutines of the JVM, seen from outside: for diagnosis. */
public final class Goroutines {
  private static final AtomicInteger OUTSIDE_EVENTS = new AtomicInteger();

  private Goroutines() {}

  /**
   * Says that something may still wake a goroutine that Heddle cannot see: the handler of a signal,
   * a shutdown hook, a callback from native code. Until the result is closed no {@linkplain
   * DeadlockException deadlock} is reported.
   *
   * @return ends the expectation
   */
  public static Expectation expectOutsideEvent() {
    OUTSIDE_EVENTS.incrementAndGet();
    AtomicBoolean open = new AtomicBoolean(true);
    return () -> {
      if (open.compareAndSet(true, false)) {
        OUTSIDE_EVENTS.decrementAndGet();
      }
    };
  }

  static boolean isOutsideEventExpected() {
    return OUTSIDE_EVENTS.get() > 0;
  }

  /** What {@link #expectOutsideEvent} returns. */
  @FunctionalInterface
  public interface Expectation extends AutoCloseable {
    /** Ends the expectation; does nothing the second time. */
    @Override
    void close();
  }
}
