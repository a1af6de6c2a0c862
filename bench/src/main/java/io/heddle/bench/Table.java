package io.heddle.bench;

import java.util.Locale;
import java.util.Optional;

/** The report as lines of text. */
final class Table {
  private static final int NAME_WIDTH = 34;

  private Table() {}

  static String header(Report report) {
    StringBuilder line = new StringBuilder(pad("ns/op", NAME_WIDTH));
    for (Contender peer : report.peers()) {
      line.append(right(peer.id(), 12));
    }
    return line.append(right("vs go", 9))
        .append(right("vs best", 9))
        .append("   spread")
        .toString();
  }

  static String line(Report report, Row row) {
    Contender subject = report.subject();
    StringBuilder line = new StringBuilder(pad(row.name(), NAME_WIDTH));
    for (Contender peer : report.peers()) {
      line.append(right(row.cell(peer).map(cell -> nanos(cell.nanos())).orElse("-"), 12));
    }
    line.append(right(ratio(row.speed(subject, Contender.GO)), 9));
    line.append(right(ratio(row.speedAgainstBest(subject)), 9));
    Optional<Row.Cell> cell = row.cell(subject);
    line.append(
        right(
            cell.map(c -> String.format(Locale.ROOT, "%.0f%%", 100 * c.spread())).orElse("-"), 9));
    return line.toString();
  }

  static String summary(Report report) {
    StringBuilder text = new StringBuilder();
    for (Contender one : report.peers()) {
      if (one.isHeddle()) {
        for (Contender other : report.peers()) {
          if (one != other) {
            report
                .geometricMean(one, other)
                .ifPresent(mean ->
                    text.append(
                        String.format(
                            Locale.ROOT,
                            "geometric mean of %s against %s: %.2f times as fast (%d rows)%n",
                            one.id(),
                            other.id(),
                            mean,
                            report.rows().stream()
                                .filter(row -> row.speed(one, other).isPresent())
                                .count())));
          }
        }
        report
            .slowest(one, Contender.GO)
            .ifPresent(row ->
                text.append(
                    String.format(
                        Locale.ROOT,
                        "slowest row of %s against go: %s, %s times as fast%n",
                        one.id(),
                        row.name(),
                        ratio(row.speed(one, Contender.GO)))));
      }
    }
    return text.toString();
  }

  static String line(Suite.Calibration one) {
    return String.format(
        Locale.ROOT,
        "local work %s: %.1f ns in Go, %.1f ns on the JVM (%d turns)",
        one.work().id(),
        one.goNanos(),
        one.javaNanos(),
        one.turns());
  }

  static String line(Memory one) {
    return String.format(
        Locale.ROOT,
        "%,d blocked goroutines, %-10s %,6.0f bytes each (%,d MB, peak %,d MB), started in %,d ms,"
            + " woken in %,d ms",
        one.goroutines(),
        one.peer().id(),
        one.bytesPerGoroutine(),
        one.bytes() >> 20,
        one.peakBytes() >> 20,
        one.startNanos() / 1_000_000,
        one.wakeNanos() / 1_000_000);
  }

  static String nanos(double nanos) {
    return String.format(Locale.ROOT, nanos < 100 ? "%.1f" : "%,.0f", nanos);
  }

  private static String ratio(Optional<Double> ratio) {
    return ratio.map(r -> String.format(Locale.ROOT, "%.2f", r)).orElse("-");
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(1, width - text.length()));
  }

  private static String right(String text, int width) {
    return " ".repeat(Math.max(1, width - text.length())) + text;
  }
}
