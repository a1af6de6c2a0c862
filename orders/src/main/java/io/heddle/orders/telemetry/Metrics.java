package io.heddle.orders.telemetry;

import io.heddle.Go;
import io.heddle.orders.OrderState;
import io.heddle.preflight.OrderReport.ChallengeReport;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import io.heddle.queue.StageStats;
import io.heddle.queue.State;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Metrics of the pipeline for Prometheus. */
public final class Metrics {
  private static final double NANOS = 1e9;

  /** Counting reads the whole queue, so more frequent requests get the same figures. */
  private static final Duration FRESH = Duration.ofSeconds(5);

  private static final Set<String> STATES =
      Set.of("submitted", "checking", "validating", "finalizing", "issued");

  /** The stages of notifications for receivers, which are their names in the metrics. */
  static final Set<String> RECEIVERS = Set.of("webhook", "command");

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Histogram checks =
      Histogram.builder()
          .name("orders_check_seconds")
          .help("How long checks of challenges took, by type and verdict")
          .labelNames("type", "verdict")
          .classicUpperBounds(0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 20)
          .classicOnly()
          .register(registry);
  private final Histogram steps =
      Histogram.builder()
          .name("orders_step_seconds")
          .help("How long stages worked on orders, by stage and the state they left them in")
          .labelNames("stage", "state")
          .classicUpperBounds(0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60)
          .classicOnly()
          .register(registry);
  private final Histogram attempts =
      Histogram.builder()
          .name("orders_attempts")
          .help("Failed attempts of orders, when they were issued or given up")
          .labelNames("state")
          .classicUpperBounds(0, 1, 2, 3, 5, 7, 10)
          .classicOnly()
          .register(registry);
  private final Gauge refusals =
      Gauge.builder()
          .name("orders_account_refused")
          .help("How many accounts the CA does not serve, so that their orders wait, by stage")
          .labelNames("stage")
          .register(registry);
  private final Gauge stopped =
      Gauge.builder()
          .name("orders_checks_stopped")
          .help("1 while this process cannot check domains, so that orders wait")
          .register(registry);
  private final Counter deactivations =
      Counter.builder()
          .name("orders_deactivated_authorizations_total")
          .help("Authorizations that were deactivated because they belonged to another customer")
          .register(registry);
  private final Counter renewals =
      Counter.builder()
          .name("orders_renewals_total")
          .help(
              "Certificates whose renewal began, was replayed or came too late, or that were revoked")
          .labelNames("event")
          .register(registry);
  private final Counter notifications =
      Counter.builder()
          .name("orders_deliveries_total")
          .help("Deliveries of notifications to a receiver: delivered, retried later, or dead")
          .labelNames("receiver", "result")
          .register(registry);
  private final Counter wrongTokens =
      Counter.builder()
          .name("orders_wrong_tokens_total")
          .help("How many requests had a wrong token")
          .register(registry);
  private final Counter failures =
      Counter.builder()
          .name("orders_failures_total")
          .help("Failures, by stage and kind")
          .labelNames("stage", "kind")
          .register(registry);

  private final Queue queue;
  private @Nullable Counted counted;

  private record Counted(List<StageStats> stats, long at) {}

  /** Makes metrics that begin at zero, except for those of the queue. */
  public Metrics(Queue queue) {
    this.queue = queue;
    gauge("orders", "How many orders there are, by state", stats -> stats.count());
    gauge("orders_due", "How many orders could be worked on now, by state", stats -> stats.due());
    gauge(
        "orders_oldest_seconds",
        "How long ago the oldest order came into its state",
        stats -> seconds(stats.oldest()));
    gauge(
        "orders_overdue_seconds",
        "How long the most overdue order has been due",
        stats -> seconds(stats.overdue()));
    GaugeWithCallback.builder()
        .name("orders_notifications")
        .help("How many notifications a receiver has not accepted yet: waiting, leased or dead")
        .labelNames("receiver", "work")
        .callback(callback -> {
          for (StageStats stats : counted()) {
            if (RECEIVERS.contains(stats.stage())) {
              callback.call(
                  (double) stats.count(),
                  stats.stage(),
                  stats.state().name().toLowerCase(Locale.ROOT));
            }
          }
        })
        .register(registry);
  }

  private void gauge(String name, String help, ToDoubleFunction<StageStats> figure) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("state", "work")
        .callback(callback -> {
          for (StageStats stats : counted()) {
            if (STATES.contains(stats.stage())) {
              String state = stats.state() == State.DEAD ? "dead" : stats.stage();
              String work =
                  stats.state() == State.DEAD
                      ? stats.stage()
                      : stats.state().name().toLowerCase(Locale.ROOT);
              callback.call(figure.applyAsDouble(stats), state, work);
            }
          }
        })
        .register(registry);
  }

  /** The queue's figures for each stage and state, which are up to five seconds old. */
  public List<StageStats> stats() {
    return counted();
  }

  private synchronized List<StageStats> counted() {
    Counted last = counted;
    if (last == null || Go.nanoTime() - last.at > FRESH.toNanos()) {
      last = new Counted(count(), Go.nanoTime());
      counted = last;
    }
    return last.stats;
  }

  private List<StageStats> count() {
    try {
      return queue.stats();
    } catch (QueueException e) {
      return List.of(); // the health check reports it
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / NANOS;
  }

  /** Counts a check of a challenge. */
  public void checked(ChallengeReport report) {
    checks
        .labelValues(report.type(), report.outcome().verdict().name().toLowerCase(Locale.ROOT))
        .observe(seconds(report.took()));
  }

  /**
   * Counts a stage's work on an order, after it is stored.
   *
   * @param left the state of the order after the work
   * @param tried the number of the order's attempts
   */
  public void worked(OrderState stage, OrderState left, int tried, Duration took) {
    steps.labelValues(stage.label(), left.label()).observe(seconds(took));
    if (left.isFinal()) {
      attempts.labelValues(left.label()).observe(tried);
    }
  }

  /** Sets the number of accounts that the CA does not serve. */
  public void account(OrderState stage, long refused) {
    refusals.labelValues(stage.label()).set((double) refused);
  }

  /** Sets whether domains can be checked. */
  public void checks(boolean arePossible) {
    stopped.set(arePossible ? 0 : 1);
  }

  /** Counts an authorization that was deactivated because it belonged to another customer. */
  public void deactivated() {
    deactivations.inc();
  }

  /**
   * Counts an event of an issued certificate.
   *
   * @param event begun, replayed, expired or revoked
   */
  public void renewal(String event) {
    renewals.labelValues(event).inc();
  }

  /**
   * Counts an attempt to deliver a notification.
   *
   * @param receiver the stage of the receiver
   * @param result delivered, retried or dead
   */
  public void notified(String receiver, String result) {
    notifications.labelValues(receiver, result).inc();
  }

  /** Counts a request with a wrong token. */
  public void wrongToken() {
    wrongTokens.inc();
  }

  /**
   * Counts a failure.
   *
   * @param kind the kind of failure
   */
  public void failed(OrderState stage, String kind) {
    failures.labelValues(stage.label(), kind.toLowerCase(Locale.ROOT)).inc();
  }

  /** All metrics. */
  public String text() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create().write(out, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString(StandardCharsets.UTF_8);
  }
}
