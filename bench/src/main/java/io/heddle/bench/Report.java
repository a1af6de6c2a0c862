package io.heddle.bench;

import io.heddle.bench.peer.TimerFigures;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All measurements, and the figures that summarise them.
 *
 * @param machine the machine
 * @param peers the contenders, in the order of the columns
 * @param work the duration of local work
 * @param memory the cost of blocked goroutines
 * @param timers the cost of pending timers
 */
record Report(
    Map<String, String> machine,
    List<Contender> peers,
    List<Suite.Calibration> work,
    List<Row> rows,
    List<Memory> memory,
    List<Timers> timers) {

  /** The lowest acceptable speed relative to Go, in any row. */
  private static final double TOLERATED = 0.8;

  /** The cost of pending timers. */
  record Timers(Contender peer, int timers, TimerFigures figures) {}

  /** The contender whose speed the ratios show. */
  Contender subject() {
    return peers.contains(Contender.HEDDLE) || !peers.contains(Contender.HEDDLE_JDK)
        ? Contender.HEDDLE
        : Contender.HEDDLE_JDK;
  }

  /** The rows that run Heddle's own code. */
  List<Row> ownRows() {
    return rows.stream().filter(row -> !Rows.isJdk(row.name())).toList();
  }

  /**
   * The geometric mean of one contender's speed relative to another's, over the rows that both have
   * and that run Heddle's own code.
   */
  Optional<Double> geometricMean(Contender one, Contender other) {
    return geometricMean(ownRows(), one, other);
  }

  /** The same for some rows. */
  static Optional<Double> geometricMean(List<Row> rows, Contender one, Contender other) {
    List<Double> ratios = rows.stream().flatMap(row -> row.speed(one, other).stream()).toList();
    return ratios.isEmpty() ? Optional.empty() : Optional.of(Statistics.geometricMean(ratios));
  }

  /** The row with the lowest speed of one contender relative to the other. */
  Optional<Row> slowest(Contender one, Contender other) {
    return ownRows().stream()
        .filter(row -> row.speed(one, other).isPresent())
        .min(Comparator.comparing(row -> row.speed(one, other).orElseThrow()));
  }

  /** The rows that are much slower than in Go, the slowest first. */
  List<Row> slowerThanGo(Contender one) {
    return ownRows().stream()
        .filter(row -> row.speed(one, Contender.GO).orElse(1.0) < TOLERATED)
        .sorted(Comparator.comparing(row -> row.speed(one, Contender.GO).orElseThrow()))
        .toList();
  }

  /** The channel and select rows in which another JVM library is faster. */
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
