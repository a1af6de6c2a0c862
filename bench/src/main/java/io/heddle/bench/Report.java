package io.heddle.bench;

import io.heddle.bench.peer.TimerFigures;
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
 * @param memory what blocked goroutines took
 * @param timers what pending timers took
 */
record Report(
    Map<String, String> machine,
    List<Contender> peers,
    List<Suite.Calibration> work,
    List<Row> rows,
    List<Memory> memory,
    List<Timers> timers) {

  /** Against what Heddle is not to be slower than this, in any row. */
  private static final double TOLERATED = 0.8;

  /** What pending timers took. */
  record Timers(Contender peer, int timers, TimerFigures figures) {}

  /** Whose speed the ratios tell. */
  Contender subject() {
    return peers.contains(Contender.HEDDLE) || !peers.contains(Contender.HEDDLE_JDK)
        ? Contender.HEDDLE
        : Contender.HEDDLE_JDK;
  }

  /** The rows in which Heddle's own code runs. */
  List<Row> ownRows() {
    return rows.stream().filter(row -> !Rows.isJdk(row.name())).toList();
  }

  /**
   * The geometric mean of one's speed against another's, over the rows that both have and in which
   * Heddle's own code runs.
   */
  Optional<Double> geometricMean(Contender one, Contender other) {
    return geometricMean(ownRows(), one, other);
  }

  /** The same over some rows. */
  static Optional<Double> geometricMean(List<Row> rows, Contender one, Contender other) {
    List<Double> ratios = rows.stream().flatMap(row -> row.speed(one, other).stream()).toList();
    return ratios.isEmpty() ? Optional.empty() : Optional.of(Statistics.geometricMean(ratios));
  }

  /** The row in which one is slowest against the other. */
  Optional<Row> slowest(Contender one, Contender other) {
    return ownRows().stream()
        .filter(row -> row.speed(one, other).isPresent())
        .min(Comparator.comparing(row -> row.speed(one, other).orElseThrow()));
  }

  /** The rows that are much slower than Go, the slowest first. */
  List<Row> slowerThanGo(Contender one) {
    return ownRows().stream()
        .filter(row -> row.speed(one, Contender.GO).orElse(1.0) < TOLERATED)
        .sorted(Comparator.comparing(row -> row.speed(one, Contender.GO).orElseThrow()))
        .toList();
  }

  /** The channel and select rows in which another library of the JVM is faster. */
  List<Row> slowerThanBestOnJvm(Contender one) {
    return ownRows().stream()
        .filter(row -> Rows.isChannelOrSelect(row.name()))
        .filter(row -> row.speedAgainstBestOnJvm(one).orElse(1.0) < 1)
        .sorted(Comparator.comparing(row -> row.speedAgainstBestOnJvm(one).orElseThrow()))
        .toList();
  }

  /** The rows in which Jox is faster. */
  List<Row> slowerThanJox(Contender one) {
    return ownRows().stream().filter(row -> row.speed(one, Contender.JOX).orElse(1.0) < 1).toList();
  }
}
