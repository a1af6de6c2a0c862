package io.heddle.orders.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.orders.OrderState;
import io.heddle.preflight.CheckResult;
import io.heddle.preflight.OrderReport;
import io.heddle.queue.Message;
import io.heddle.queue.Queue;
import io.heddle.queue.Queues;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboard for Grafana asks for metrics and labels that there are, and for all of them. */
@Tag("system")
final class DashboardTest {
  private static final Pattern SAMPLE =
      Pattern.compile("^(orders\\w*?)(?:\\{(.*?)})? \\S+$", Pattern.MULTILINE);
  private static final Pattern USE = Pattern.compile("\\b(orders\\w*)(?:\\{(.*?)})?");
  private static final Pattern LABEL = Pattern.compile("(\\w+)(?:=|!=|=~|!~)\"");

  @TempDir private Path folder;

  /** The labels of each metric that the service exports. */
  private Map<String, Set<String>> exported() throws Exception {
    Map<String, Set<String>> exported = new TreeMap<>();
    try (Queue queue = Queues.open(folder.resolve("queue").toString(), 1)) {
      queue.publish(List.of(new Message("checking", "a", ""), new Message("webhook", "b", "")));
      Metrics metrics = new Metrics(queue);
      metrics.checked(
          new OrderReport.ChallengeReport(
              "http-01", CheckResult.ready("it is there"), List.of(), Duration.ZERO));
      metrics.worked(OrderState.FINALIZING, OrderState.ISSUED, 1, Duration.ZERO);
      metrics.account(OrderState.SUBMITTED, 1);
      metrics.checks(true);
      metrics.deactivated();
      metrics.wrongToken();
      metrics.renewal("begun");
      metrics.notified("webhook", "delivered");
      metrics.failed(OrderState.SUBMITTED, "fault");
      Matcher sample = SAMPLE.matcher(metrics.text());
      while (sample.find()) {
        Set<String> labels = exported.computeIfAbsent(sample.group(1), _ -> new TreeSet<>());
        Matcher label = LABEL.matcher(String.valueOf(sample.group(2)));
        while (label.find()) {
          labels.add(label.group(1));
        }
      }
    }
    return exported;
  }

  private static Set<String> expressions() throws Exception {
    String text = Files.readString(Path.of("..", "deploy", "grafana-dashboard.json"));
    JsonObject dashboard = JsonParser.parseString(text).getAsJsonObject();
    Set<String> expressions = new TreeSet<>();
    Set<Integer> ids = new TreeSet<>();
    for (JsonElement each : dashboard.getAsJsonArray("panels")) {
      JsonObject panel = each.getAsJsonObject();
      assertTrue(ids.add(panel.get("id").getAsInt()), "the same id twice");
      for (JsonElement target : panel.getAsJsonArray("targets")) {
        expressions.add(target.getAsJsonObject().get("expr").getAsString());
      }
    }
    return expressions;
  }

  @Test
  void theDashboardShowsTheMetricsThatThereAre() throws Exception {
    Map<String, Set<String>> exported = exported();
    Set<String> used = new TreeSet<>();
    for (String expression : expressions()) {
      Matcher use = USE.matcher(expression);
      assertTrue(use.find(), expression);
      do {
        String name = use.group(1);
        Set<String> labels = exported.get(name);
        assertTrue(labels != null, () -> name + " is not one of " + exported.keySet());
        used.add(name.replaceFirst("_(count|bucket)$", ""));
        Set<String> wanted = new TreeSet<>();
        Matcher label = LABEL.matcher(String.valueOf(use.group(2)));
        while (label.find()) {
          wanted.add(label.group(1));
        }
        Matcher by = Pattern.compile("by \\((.*?)\\)").matcher(expression);
        while (by.find()) {
          wanted.addAll(List.of(by.group(1).split(", ", -1)));
        }
        wanted.remove("instance"); // Prometheus adds it
        assertTrue(labels.containsAll(wanted), () -> expression + ": " + labels);
      } while (use.find());
    }
    Set<String> all = new TreeSet<>();
    exported.keySet().forEach(name -> all.add(name.replaceFirst("_(count|bucket|sum)$", "")));
    all.remove("orders_due"); // overdue orders say more
    assertEquals(all, used);
  }
}
