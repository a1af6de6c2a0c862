package io.heddle.bench;

import java.util.Arrays;
import java.util.Collection;

/** Summarises measurements. */
final class Statistics {
  private Statistics() {}

  /** The value at a fraction of the sorted values, interpolated if necessary. */
  private static double quantile(double[] sorted, double fraction) {
    double at = fraction * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  private static double[] sorted(Collection<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("statistics of no values");
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted;
  }

  static double median(Collection<Double> values) {
    return quantile(sorted(values), 0.5);
  }

  /** The interquartile range as a fraction of the median. */
  static double spread(Collection<Double> values) {
    double[] sorted = sorted(values);
    return (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / quantile(sorted, 0.5);
  }

  static double geometricMean(Collection<Double> values) {
    return Math.exp(Arrays.stream(sorted(values)).map(Math::log).average().orElseThrow());
  }
}
