package io.heddle.bench;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that was measured, and the figures that sum it up.
 *
 * @param machine what it was measured on
 * @param peers who took part, in the order of the columns
 * @param work how long local work took
 * @param rows the benchmarks
 * @param memory what blocked goroutines took
 */
record Report(
    Map<String, String> machine,
    List<Contender> peers,
    List<Suite.Calibration> work,
    List<Row> rows,
    List<Memory> memory) {

  /** Whose speed the ratios tell. */
  Contender subject() {
    return peers.contains(Contender.HEDDLE) || !peers.contains(Contender.HEDDLE_JDK)
        ? Contender.HEDDLE
        : Contender.HEDDLE_JDK;
  }

  /** The geometric mean of one's speed against another's, over the rows that both have. */
  Optional<Double> geometricMean(Contender one, Contender other) {
    List<Double> ratios = rows.stream().flatMap(row -> row.speed(one, other).stream()).toList();
    return ratios.isEmpty() ? Optional.empty() : Optional.of(Statistics.geometricMean(ratios));
  }

  /** The row in which one is slowest against the other. */
  Optional<Row> slowest(Contender one, Contender other) {
    return rows.stream()
        .filter(row -> row.speed(one, other).isPresent())
        .min(Comparator.comparing(row -> row.speed(one, other).orElseThrow()));
  }
}
