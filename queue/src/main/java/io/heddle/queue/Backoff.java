package io.heddle.queue;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait before the next attempt: exponentially longer up to a cap, each wait drawn at
 * random between nothing and that (full jitter), so that what failed together does not come back
 * together; after some attempts at a steady pace; and never past the time that is left.
 *
 * @param base the longest wait after the first attempt; it doubles with each further one
 * @param cap what the longest wait grows to
 * @param steps after how many attempts the steady pace begins
 * @param pace the wait from then on, give or take a twenty-fourth
 * @param limit how many attempts there are in all
 */
public record Backoff(Duration base, Duration cap, int steps, Duration pace, int limit) {
  /**
   * For orders: from 5 minutes to 2 hours for the first ten attempts, then once a day, 40 attempts
   * in all.
   */
  public static final Backoff ORDERS =
      new Backoff(Duration.ofMinutes(5), Duration.ofHours(2), 10, Duration.ofDays(1), 40);

  /** For a database that is away: until it is back, at least every five seconds. */
  static final Backoff TROUBLE =
      new Backoff(
          Duration.ofMillis(200),
          Duration.ofSeconds(5),
          Integer.MAX_VALUE,
          Duration.ZERO,
          Integer.MAX_VALUE);

  /** Checks that the waits make sense. */
  public Backoff {
    if (!base.isPositive() || cap.compareTo(base) < 0 || pace.isNegative()) {
      throw new IllegalArgumentException(
          "a back-off from " + base + " to " + cap + ", then every " + pace);
    }
    if (steps < 0 || limit < 1) {
      throw new IllegalArgumentException(
          "a back-off of " + steps + " exponential attempts out of " + limit);
    }
  }

  /**
   * The same in another time scale, for demonstrations.
   *
   * @param factor what the waits are multiplied by, as 0.001
   */
  public Backoff scaled(double factor) {
    return new Backoff(
        scaled(base, factor), scaled(cap, factor), steps, scaled(pace, factor), limit);
  }

  private static Duration scaled(Duration duration, double factor) {
    return Duration.ofNanos(Math.max(1, (long) (duration.toNanos() * factor)));
  }

  /**
   * The wait after an attempt that failed.
   *
   * @param attempt which attempt failed, from 1
   * @param left the time in which another attempt makes sense, null if there is no end to it; a
   *     longer wait is cut to that, so the last attempt is at the end of it
   * @return the wait; null if there is to be no other attempt
   */
  public @Nullable Duration next(int attempt, @Nullable Duration left) {
    return next(attempt, left, ThreadLocalRandom.current());
  }

  @Nullable Duration next(int attempt, @Nullable Duration left, RandomGenerator random) {
    if (attempt >= limit || (left != null && !left.isPositive())) {
      return null;
    }
    Duration wait;
    if (attempt < steps) {
      wait = Duration.ofNanos(random.nextLong(longest(attempt).toNanos() + 1));
    } else {
      long spread = pace.toNanos() / 24;
      wait = Duration.ofNanos(pace.toNanos() - spread + random.nextLong(2 * spread + 1));
    }
    return left == null || wait.compareTo(left) < 0 ? wait : left;
  }

  /** The longest wait after an attempt among the exponential ones. */
  Duration longest(int attempt) {
    Duration wait = base;
    for (int i = 1; i < attempt && wait.compareTo(cap) < 0; i++) {
      wait = wait.multipliedBy(2);
    }
    return wait.compareTo(cap) < 0 ? wait : cap;
  }
}
