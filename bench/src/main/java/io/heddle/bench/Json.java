package io.heddle.bench;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import io.heddle.bench.peer.TimerFigures;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The report as JSON. Ratios are speeds: above 1 means faster than the other. */
final class Json {
  private static final Gson GSON =
      new GsonBuilder()
          .setPrettyPrinting()
          .disableHtmlEscaping()
          .registerTypeAdapter(
              Double.class,
              (JsonSerializer<Double>)
                  (number, _, _) ->
                      Double.isFinite(number)
                          ? new JsonPrimitive(
                              BigDecimal.valueOf(number).setScale(3, RoundingMode.HALF_UP))
                          : JsonNull.INSTANCE)
          .create();

  private Json() {}

  static String of(Report report) {
    Contender subject = report.subject();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("machine", report.machine());
    document.put("peers", report.peers().stream().map(Contender::id).toList());
    document.put("subject", subject.id());
    document.put("summary", summary(report, subject));
    if (subject == Contender.HEDDLE && report.peers().contains(Contender.HEDDLE_JDK)) {
      document.put("summary_jdk", summary(report, Contender.HEDDLE_JDK));
    }
    document.put("work", report.work().stream().map(Json::work).toList());
    document.put("rows", report.rows().stream().map(row -> row(row, subject)).toList());
    document.put("memory", report.memory().stream().map(Json::memory).toList());
    document.put("timers", report.timers().stream().map(Json::timers).toList());
    return GSON.toJson(document) + "\n";
  }

  private static Map<String, Object> summary(Report report, Contender subject) {
    Map<String, Object> summary = new LinkedHashMap<>();
    for (Contender other : Contender.values()) {
      if (other != subject) {
        put(
            summary,
            "geomean_vs_" + other.id().replace('-', '_'),
            report.geometricMean(subject, other));
      }
    }
    put(
        summary,
        "geomean_vs_go_with_jdk_rows",
        Report.geometricMean(report.rows(), subject, Contender.GO));
    for (Contender other : Contender.values()) {
      if (other != subject) {
        Optional<Row> slowest = report.slowest(subject, other);
        String key = "slowest_vs_" + other.id().replace('-', '_');
        put(summary, key, slowest.flatMap(row -> row.speed(subject, other)));
        put(summary, key + "_row", slowest.map(Row::name));
      }
    }
    summary.put("below_0_8_of_go", names(report.slowerThanGo(subject)));
    summary.put("channels_slower_than_best_jvm", names(report.slowerThanBestOnJvm(subject)));
    summary.put("slower_than_jox", names(report.slowerThanJox(subject)));
    return summary;
  }

  private static Map<String, Object> work(Suite.Calibration one) {
    Map<String, Object> work = new LinkedHashMap<>();
    work.put("name", one.work().id());
    work.put("turns", one.turns());
    work.put("go_ns", one.goNanos());
    work.put("java_ns", one.javaNanos());
    return work;
  }

  private static Map<String, Object> row(Row row, Contender subject) {
    Map<String, Object> ns = new LinkedHashMap<>();
    Map<String, Object> spread = new LinkedHashMap<>();
    Map<String, Object> bytes = new LinkedHashMap<>();
    row.cells()
        .forEach((peer, cell) -> {
          ns.put(peer.id(), cell.nanos());
          spread.put(peer.id(), cell.spread());
          bytes.put(peer.id(), cell.bytes());
        });
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("name", row.name());
    result.put("ns", ns);
    put(result, "vs_go", row.speed(subject, Contender.GO));
    put(result, "vs_best", row.speedAgainstBest(subject));
    put(result, "vs_best_jvm", row.speedAgainstBestOnJvm(subject));
    result.put("spread", spread);
    result.put("bytes", bytes);
    result.put("jdk", Rows.isJdk(row.name()));
    return result;
  }

  private static Map<String, Object> memory(Memory one) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("peer", one.peer().id());
    result.put("goroutines", one.goroutines());
    if (one.isMemoryKnown()) {
      result.put("bytes_per_goroutine", one.bytesPerGoroutine());
      result.put("bytes", one.bytes());
      result.put("peak_bytes", one.peakBytes());
    }
    result.put("start_ns", one.startNanos());
    result.put("wake_ns", one.wakeNanos());
    return result;
  }

  private static List<String> names(List<Row> rows) {
    return rows.stream().map(Row::name).toList();
  }

  private static Map<String, Object> timers(Report.Timers one) {
    TimerFigures figures = one.figures();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("peer", one.peer().id());
    result.put("timers", one.timers());
    result.put("start_ns", figures.startNanos());
    result.put("reset_ns", figures.resetNanos());
    result.put("stop_ns", figures.stopNanos());
    result.put("fire_ns", figures.fireNanos());
    result.put("bytes_per_timer", figures.bytes());
    result.put("late_idle_ns", lateness(figures.idle()));
    result.put("late_busy_ns", lateness(figures.busy()));
    return result;
  }

  private static Map<String, Object> lateness(TimerFigures.Lateness late) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("mean", late.mean());
    result.put("p99", late.most());
    result.put("max", late.worst());
    return result;
  }

  private static void put(Map<String, Object> map, String key, Optional<?> value) {
    value.ifPresent(v -> map.put(key, v));
  }
}
