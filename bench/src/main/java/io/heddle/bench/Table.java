package io.heddle.bench;

import io.heddle.bench.peer.TimerFigures;
import io.heddle.bench.peer.TimerFigures.Lateness;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

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
                            "geometric mean of %s against %s: %.2f times as fast (%s)%n",
                            one.id(),
                            other.id(),
                            mean,
                            rows(
                                report.ownRows().stream()
                                    .filter(row -> row.speed(one, other).isPresent())
                                    .count()))));
          }
        }
        if (report.rows().size() > report.ownRows().size()) {
          Report.geometricMean(report.rows(), one, Contender.GO)
              .ifPresent(mean ->
                  text.append(
                      String.format(
                          Locale.ROOT,
                          "and with the rows of the JDK's maps: %.2f times as fast as go%n",
                          mean)));
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
        list(
            text,
            one.id() + " below 0.8 of go",
            report.slowerThanGo(one),
            row -> row.speed(one, Contender.GO));
        list(
            text,
            one.id() + " slower than the best on the JVM in channels and select",
            report.slowerThanBestOnJvm(one),
            row -> row.speedAgainstBestOnJvm(one));
        list(
            text,
            one.id() + " slower than jox",
            report.slowerThanJox(one),
            row -> row.speed(one, Contender.JOX));
      }
    }
    return text.toString();
  }

  private static String rows(long count) {
    return count == 1 ? "1 row" : count + " rows";
  }

  private static void list(
      StringBuilder text, String what, List<Row> rows, Function<Row, Optional<Double>> ratio) {
    if (!rows.isEmpty()) {
      text.append(what).append(": ").append(names(rows, ratio)).append(System.lineSeparator());
    }
  }

  /** Names with ratios. */
  static String names(List<Row> rows, Function<Row, Optional<Double>> ratio) {
    return rows.stream()
        .map(row -> row.name() + " " + ratio(ratio.apply(row)))
        .collect(Collectors.joining(", "));
  }

  static String line(Report.Timers one) {
    TimerFigures f = one.figures();
    return String.format(
        Locale.ROOT,
        "%,d pending timers, %-10s start %,d ns, reset %,d ns, stop %,d ns, all due at once %,d ns"
            + " each, %,d bytes each; late (mean, 99 %%, most): idle %s, busy %s us",
        one.timers(),
        one.peer().id(),
        f.startNanos(),
        f.resetNanos(),
        f.stopNanos(),
        f.fireNanos(),
        f.bytes(),
        micros(f.idle()),
        micros(f.busy()));
  }

  static String micros(Lateness late) {
    return String.format(
        Locale.ROOT,
        "%,d / %,d / %,d",
        late.mean() / 1_000,
        late.most() / 1_000,
        late.worst() / 1_000);
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
        "%,d blocked goroutines, %-10s %s, started in %,d ms, woken in %,d ms",
        one.goroutines(),
        one.peer().id(),
        one.isMemoryKnown()
            ? String.format(
                Locale.ROOT,
                "%,6.0f bytes each (%,d MB, peak %,d MB)",
                one.bytesPerGoroutine(),
                one.bytes() >> 20,
                one.peakBytes() >> 20)
            : "memory not known",
        one.startNanos() / 1_000_000,
        one.wakeNanos() / 1_000_000);
  }

  static String nanos(double nanos) {
    return String.format(Locale.ROOT, nanos < 100 ? "%.1f" : "%,.0f", nanos);
  }

  static String ratio(Optional<Double> ratio) {
    return ratio.map(r -> String.format(Locale.ROOT, "%.2f", r)).orElse("-");
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(1, width - text.length()));
  }

  private static String right(String text, int width) {
    return " ".repeat(Math.max(1, width - text.length())) + text;
  }
}
