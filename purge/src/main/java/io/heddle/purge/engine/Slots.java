package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Semaphore;
import java.util.Arrays;

/**
 * How many requests are under way at a time, at most: a semaphore whose size follows the mood of
 * the store, as TCP's congestion window does (additive increase, multiplicative decrease).
 *
 * <p>A request that the store had no strength for halves the size. Those that were sent before that
 * and fail as well tell nothing new, and are not counted. As many successes as there are slots make
 * one slot more, unless answers take twice as long as they did at best: then the requests only
 * queue at the other end. More keys take longer, so only requests for about as many are compared.
 */
final class Slots {
  private final Semaphore semaphore;
  private final int min;
  private final int max;

  // Guarded by the lock.
  private final Object lock = new Object();
  private int size;
  private int successes;
  private long lastDecrease = Long.MIN_VALUE;

  /** By the number of binary digits that the number of keys has. */
  private final double[] latency = new double[Integer.SIZE + 1];

  private final double[] best = new double[Integer.SIZE + 1];

  Slots(int min, int max) {
    this.min = min;
    this.max = max;
    this.size = max;
    this.semaphore = new Semaphore(max);
    Arrays.fill(best, Double.MAX_VALUE);
  }

  /** Waits for a slot; yields the time, to be given back with it. */
  long acquire(Context context) throws InterruptedException {
    semaphore.acquire(context);
    return Go.nanoTime();
  }

  void release(long acquired, int keys, boolean isOverwhelmed) {
    if (min < max) {
      adapt(acquired, keys, isOverwhelmed);
    }
    semaphore.release();
  }

  /** Gives back a slot that was not used. */
  void giveBack() {
    semaphore.release();
  }

  private void adapt(long acquired, int keys, boolean isOverwhelmed) {
    synchronized (lock) {
      long now = Go.nanoTime();
      int before = size;
      if (isOverwhelmed) {
        if (acquired > lastDecrease) {
          lastDecrease = now;
          successes = 0;
          size = Math.max(min, size / 2);
        }
      } else {
        double took = now - acquired;
        int digits = Integer.SIZE - Integer.numberOfLeadingZeros(keys);
        double mean = latency[digits];
        mean = mean == 0 ? took : mean + (took - mean) / 16;
        latency[digits] = mean;
        best[digits] = Math.min(best[digits], mean);
        if (size < max && mean <= 2 * best[digits] && ++successes >= size) {
          successes = 0;
          size++;
        }
      }
      if (size != before) {
        semaphore.resize(size);
      }
    }
  }

  int size() {
    synchronized (lock) {
      return size;
    }
  }

  int inUse() {
    return Math.toIntExact(semaphore.size() - semaphore.available());
  }
}
