package io.heddle.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One benchmark's measurements. */
final class Row {
  private static final double STEADY = 0.03;

  /** One peer's rounds. */
  static final class Cell {
    final List<Double> nanos = new ArrayList<>();
    final List<Double> bytes = new ArrayList<>();

    double nanos() {
      return Statistics.median(nanos);
    }

    double bytes() {
      return Statistics.median(bytes);
    }

    double spread() {
      return Statistics.spread(nanos);
    }
  }

  private final String name;
  private final Map<Contender, Cell> cells = new EnumMap<>(Contender.class);

  Row(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  /** Adds a round's time and allocation for one operation. */
  void add(Contender peer, double nanos, double bytes) {
    Cell cell = cells.computeIfAbsent(peer, _ -> new Cell());
    cell.nanos.add(nanos);
    cell.bytes.add(bytes);
  }

  void remove(Contender peer) {
    cells.remove(peer);
  }

  Optional<Cell> cell(Contender peer) {
    return Optional.ofNullable(cells.get(peer));
  }

  Map<Contender, Cell> cells() {
    return cells;
  }

  /** Whether the rounds of every peer are close together. */
  boolean isSteady() {
    return cells.values().stream().allMatch(cell -> cell.spread() <= STEADY);
  }

  /** The speed of one contender as a multiple of the other's, if both have run. */
  Optional<Double> speed(Contender one, Contender other) {
    Cell first = cells.get(one);
    Cell second = cells.get(other);
    return first == null || second == null
        ? Optional.empty()
        : Optional.of(second.nanos() / first.nanos());
  }

  /** The speed as a multiple of the fastest other contender's that is not Heddle. */
  Optional<Double> speedAgainstBest(Contender one) {
    Cell cell = cells.get(one);
    return cell == null ? Optional.empty() : best(true).map(best -> best / cell.nanos());
  }

  /** The same for contenders on the JVM. */
  Optional<Double> speedAgainstBestOnJvm(Contender one) {
    Cell cell = cells.get(one);
    return cell == null ? Optional.empty() : best(false).map(best -> best / cell.nanos());
  }

  private Optional<Double> best(boolean withGo) {
    return cells.entrySet().stream()
        .filter(e -> !e.getKey().isHeddle() && (withGo || e.getKey().isJava()))
        .map(e -> e.getValue().nanos())
        .min(Double::compare);
  }
}
