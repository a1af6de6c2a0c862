package io.heddle.rate;

import java.util.Arrays;

/**
 * How many requests may be under way at a time, by the rule of TCP's congestion window: additive
 * increase, multiplicative decrease.
 *
 * <p>A request that overloads the service halves the size. Requests sent before that may fail as
 * well, which is nothing new, so they do not count. As many successes as the size increase it by
 * one, unless answers take twice as long as at best: then requests only queue at the other end.
 * Requests with more events take longer, so only requests of about the same size are compared.
 *
 * <p>Not safe for concurrent use. Times are in nanoseconds.
 */
final class ConcurrencyWindow {
  /** How much the newest time counts in the moving average. */
  private static final double WEIGHT = 1 / 16.0;

  /**
   * How much it counts in the best time. A service may have become slower for good: without this
   * the size could never grow again.
   */
  private static final double FORGETTING = 1 / 1024.0;

  private final int min;
  private final int max;
  private int size;
  private int successes;
  private long lastDecrease = -1;

  /** The average time of requests, by the number of binary digits of their number of events. */
  private final double[] latency = new double[Long.SIZE + 1];

  private final double[] best = new double[Long.SIZE + 1];

  ConcurrencyWindow(int min, int max) {
    this.min = min;
    this.max = max;
    this.size = max;
    Arrays.fill(best, Double.MAX_VALUE);
  }

  int size() {
    return size;
  }

  void overloaded(long now, long sent) {
    if (sent > lastDecrease) {
      lastDecrease = now;
      successes = 0;
      size = Math.max(min, size / 2);
    }
  }

  void succeeded(long now, long sent, long events) {
    double took = now - sent;
    int digits = Long.SIZE - Long.numberOfLeadingZeros(events);
    double before = latency[digits];
    double mean = before == 0 ? took : before + (took - before) * WEIGHT;
    latency[digits] = mean;
    best[digits] = Math.min(mean, best[digits] + (mean - best[digits]) * FORGETTING);
    if (size < max && mean <= 2 * best[digits] && ++successes >= size) {
      successes = 0;
      size++;
    }
  }
}
