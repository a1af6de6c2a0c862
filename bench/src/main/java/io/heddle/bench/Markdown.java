package io.heddle.bench;

import io.heddle.bench.peer.TimerFigures;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The report as a page, such as {@code docs/benchmark.md}, of which no line is written by hand. */
final class Markdown {
  private final StringBuilder text = new StringBuilder();
  private final Report report;

  private Markdown(Report report) {
    this.report = report;
  }

  static String of(Report report) {
    return new Markdown(report).page();
  }

  private String page() {
    line("# Benchmark: the figures");
    line("");
    line(
        "Written by `./heddle bench --markdown FILE`; [performance.md](performance.md) explains it.");
    line("");
    for (Map.Entry<String, String> each : report.machine().entrySet()) {
      line("- " + each.getKey() + ": " + each.getValue());
    }
    report.work().forEach(one -> line("- " + Table.line(one)));
    line("");
    summary();
    rows("Rows", report.ownRows());
    rows(
        "What Heddle leaves to the JDK: ConcurrentHashMap and AtomicReference",
        report.rows().stream().filter(row -> Rows.isJdk(row.name())).toList());
    memory();
    timers();
    return text.toString();
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  private void table(List<String> header) {
    line("| " + String.join(" | ", header) + " |");
    line("|---|" + "---:|".repeat(header.size() - 1));
  }

  private void cells(List<String> cells) {
    line("| " + String.join(" | ", cells) + " |");
  }

  private void summary() {
    for (Contender one : report.peers()) {
      if (!one.isHeddle() || report.ownRows().isEmpty()) {
        continue;
      }
      line("## " + one.id() + ": geometric means");
      line("");
      table(List.of("against", "times as fast", "rows"));
      for (Contender other : report.peers()) {
        Optional<Double> mean = report.geometricMean(one, other);
        if (other != one && mean.isPresent()) {
          long rows =
              report.ownRows().stream().filter(row -> row.speed(one, other).isPresent()).count();
          cells(List.of(other.id(), Table.ratio(mean), Long.toString(rows)));
        }
      }
      line("");
      list("Below 0.8 of Go", report.slowerThanGo(one), row -> row.speed(one, Contender.GO));
      list(
          "Channels and select, slower than the best of the other libraries on the JVM",
          report.slowerThanBestOnJvm(one),
          row -> row.speedAgainstBestOnJvm(one));
      list("Slower than Jox", report.slowerThanJox(one), row -> row.speed(one, Contender.JOX));
      line("");
    }
  }

  private void list(String what, List<Row> rows, Function<Row, Optional<Double>> ratio) {
    line("- " + what + ": " + (rows.isEmpty() ? "none" : Table.names(rows, ratio)) + ".");
  }

  private void rows(String title, List<Row> rows) {
    if (rows.isEmpty()) {
      return;
    }
    line("## " + title);
    line("");
    List<String> header = new ArrayList<>(List.of("ns/op"));
    report.peers().forEach(peer -> header.add(peer.id()));
    header.addAll(List.of("vs go", "vs best", "spread"));
    table(header);
    Contender subject = report.subject();
    for (Row row : rows) {
      List<String> cells = new ArrayList<>(List.of(row.name()));
      for (Contender peer : report.peers()) {
        cells.add(row.cell(peer).map(cell -> Table.nanos(cell.nanos())).orElse("-"));
      }
      cells.add(Table.ratio(row.speed(subject, Contender.GO)));
      cells.add(Table.ratio(row.speedAgainstBest(subject)));
      cells.add(
          row.cell(subject)
              .map(cell -> String.format(Locale.ROOT, "%.0f%%", 100 * cell.spread()))
              .orElse("-"));
      cells(cells);
    }
    line("");
  }

  private void memory() {
    if (report.memory().isEmpty()) {
      return;
    }
    line("## Blocked goroutines");
    line("");
    table(List.of("", "goroutines", "bytes each", "MB", "peak MB", "start ms", "wake ms"));
    for (Memory one : report.memory()) {
      cells(
          List.of(
              one.peer().id(),
              number(one.goroutines()),
              memory(one, Math.round(one.bytesPerGoroutine())),
              memory(one, one.bytes() >> 20),
              memory(one, one.peakBytes() >> 20),
              number(one.startNanos() / 1_000_000),
              number(one.wakeNanos() / 1_000_000)));
    }
    line("");
  }

  private static String memory(Memory one, long number) {
    return one.isMemoryKnown() ? number(number) : "-";
  }

  private void timers() {
    if (report.timers().isEmpty()) {
      return;
    }
    line("## Pending timers");
    line("");
    table(
        List.of(
            "",
            "timers",
            "start ns",
            "reset ns",
            "stop ns",
            "fire ns",
            "bytes each",
            "late, idle µs",
            "late, busy µs"));
    for (Report.Timers one : report.timers()) {
      TimerFigures figures = one.figures();
      cells(
          List.of(
              one.peer().id(),
              number(one.timers()),
              number(figures.startNanos()),
              number(figures.resetNanos()),
              number(figures.stopNanos()),
              number(figures.fireNanos()),
              number(figures.bytes()),
              Table.micros(figures.idle()),
              Table.micros(figures.busy())));
    }
    line("");
    line("Late: the mean, the 99th percentile and the worst of 1,000.");
  }

  private static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
