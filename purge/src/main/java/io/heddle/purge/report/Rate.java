package io.heddle.purge.report;

import io.heddle.Go;

/** Keys per second, averaged over some seconds; for one goroutine. */
final class Rate {
  private static final double SECONDS = 5;
  private static final double NANOS = 1e9;

  private long lastCount;
  private long lastTime = Go.nanoTime();
  private double rate;

  double at(long count) {
    long now = Go.nanoTime();
    double elapsed = (now - lastTime) / NANOS;
    if (elapsed > 0.05) {
      double current = Math.max(0, count - lastCount) / elapsed;
      double weight = rate == 0 ? 1 : 1 - Math.exp(-elapsed / SECONDS);
      rate += weight * (current - rate);
      lastCount = count;
      lastTime = now;
    }
    return rate;
  }
}
