package io.heddle.rate;

import io.heddle.internal.TestAccess;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs an action at some of the calls instead of at each: Go's {@code rate.Sometimes}.
 *
 * <p>The first call runs its action. A later call runs it if one of the rules applies: it is one of
 * the first n calls, or every n-th call, or some time has passed since the last run.
 *
 * {@snippet :
 * private static final Sometimes LOG = new Sometimes().first(3).interval(ofSeconds(10));
 *
 * LOG.run(() -> log("dropped " + packet));
 * }
 *
 * <p>It may be used by any number of goroutines. The decisions are made one after the other, but
 * the actions may run concurrently; in Go, all callers wait for the one that runs. No
 * happens-before relation follows from either.
 */
public final class Sometimes {
  private final long first;
  private final long every;
  private final long interval;

  // Guarded by the lock.
  private final Object lock = new Object();
  private long calls;
  private long lastRun;

  /** What {@link #lastRun} was read from. */
  private @Nullable Object clock;

  /** With no rule: the first call runs its action, and no other does. */
  public Sometimes() {
    this(0, 0, 0);
  }

  private Sometimes(long first, long every, long interval) {
    this.first = first;
    this.every = every;
    this.interval = interval;
  }

  /**
   * Adds a rule: each of the first calls runs its action.
   *
   * @param calls how many; none for zero or less
   * @return an object with that rule that has seen no call yet
   */
  public Sometimes first(long calls) {
    return new Sometimes(calls, every, interval);
  }

  /**
   * Adds a rule: every so many calls, beginning with the first, one runs its action.
   *
   * @param calls the distance from one to the next; none for zero or less
   * @return an object with that rule that has seen no call yet
   */
  public Sometimes every(long calls) {
    return new Sometimes(first, calls, interval);
  }

  /**
   * Adds a rule: a call runs its action if none was started for this time. In a bubble of {@code
   * io.heddle.testing}, whose time is another, the time outside of it counts as over.
   *
   * @param time how long; zero or less is no rule
   * @return an object with that rule that has seen no call yet
   */
  public Sometimes interval(Duration time) {
    return new Sometimes(first, every, RateLimiter.nanos(time));
  }

  /**
   * Runs an action if a rule says so: Go's {@code s.Do(f)}.
   *
   * @param <X> what the action may throw; the compiler finds it out
   * @param action what to run, on the calling thread
   * @return whether the action was run
   * @throws X if the action throws it
   */
  public <X extends Exception> boolean run(Action<X> action) throws X {
    Objects.requireNonNull(action, "action");
    boolean due = isDue();
    if (due) {
      action.run();
    }
    return due;
  }

  /**
   * An action that some of the calls run.
   *
   * @param <X> what it may throw
   */
  @FunctionalInterface
  public interface Action<X extends Exception> {
    /**
     * Does it.
     *
     * @throws X if it fails
     */
    void run() throws X;
  }

  private boolean isDue() {
    synchronized (lock) {
      // To read the clock takes longer than the rest.
      Object callers = interval > 0 ? TestAccess.get().clock() : null;
      long now = callers == null ? 0 : TestAccess.get().nanoTime(callers);
      long earlier = calls++;
      boolean due =
          earlier == 0
              || earlier < first
              || (every > 0 && earlier % every == 0)
              || (interval > 0 && (now - lastRun >= interval || callers != clock));
      if (due) {
        lastRun = now;
        clock = callers;
      }
      return due;
    }
  }
}
