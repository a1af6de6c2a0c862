package io.heddle;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** All goroutines of the JVM, seen from outside: for diagnosis. */
public final class Goroutines {
  private static final AtomicInteger OUTSIDE_EVENTS = new AtomicInteger();

  private Goroutines() {}

  /**
   * How many goroutines there are: Go's {@code runtime.NumGoroutine()}. Those of all programs are
   * counted, and those outside of any.
   *
   * @return the number of those that have not ended
   */
  public static int count() {
    return Program.allGoroutines().size();
  }

  /**
   * What each goroutine does, as Go's traceback shows it: number and name, state or what it waits
   * for, stack, and where it was created. From one minute on, it says for how long a goroutine has
   * waited at least.
   *
   * <p>The goroutines go on meanwhile; a state and the stack below it belong together as far as
   * that can be seen.
   *
   * @return several lines for each goroutine, those of one program after those of another
   */
  public static String dump() {
    StringBuilder text = new StringBuilder();
    Watch.allPrograms().forEach(program -> text.append(program.dump()));
    return text.toString();
  }

  /**
   * The scheduler that goroutines run on, and why: in one line, for a log.
   *
   * @return such as "Heddle's scheduler, parallelism 8 (java.lang is open), JDK 25.0.3+9"
   */
  public static String describe() {
    return Schedulers.describe();
  }

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
