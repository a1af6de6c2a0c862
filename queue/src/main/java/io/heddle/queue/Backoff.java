package io.heddle.queue;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait before the next attempt. The longest wait doubles with each attempt, up to a
 * cap. Each wait is drawn at random between zero and the longest (full jitter), so that messages
 * which failed together are not retried together. After some attempts the waits have a steady pace.
 * No wait exceeds the remaining time.
 *
 * @param base the longest wait after the first attempt; it doubles with each further attempt
 * @param cap the limit of the longest wait
 * @param steps the number of attempts after which the steady pace begins
 * @param pace the wait from then on, plus or minus a twenty-fourth
 * @param limit the total number of attempts
 */
public record Backoff(Duration base, Duration cap, int steps, Duration pace, int limit) {
  /**
   * For orders: from 5 minutes to 2 hours for the first ten attempts, then once a day, 40 attempts
   * in all.
   */
  public static final Backoff ORDERS =
      new Backoff(Duration.ofMinutes(5), Duration.ofHours(2), 10, Duration.ofDays(1), 40);

  /** For a database that cannot be reached: until it answers, at least every five seconds. */
  static final Backoff TROUBLE =
      new Backoff(
          Duration.ofMillis(200),
          Duration.ofSeconds(5),
          Integer.MAX_VALUE,
          Duration.ZERO,
          Integer.MAX_VALUE);

  /** Checks that the waits are consistent. */
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
   * The same back-off on another time scale, for demonstrations.
   *
   * @param factor the factor for all waits, such as 0.001
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
   * @param attempt the number of the failed attempt, from 1
   * @param left the time within which another attempt makes sense, null for no limit; a longer wait
   *     is cut to it, so that the last attempt is at its end
   * @return the wait; null if there should be no other attempt
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

  /** The longest wait after an attempt of the exponential phase. */
  Duration longest(int attempt) {
    Duration wait = base;
    for (int i = 1; i < attempt && wait.compareTo(cap) < 0; i++) {
      wait = wait.multipliedBy(2);
    }
    return wait.compareTo(cap) < 0 ? wait : cap;
  }
}
