package io.heddle.micrometer;

import io.heddle.inspect.Statistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * Meters of Heddle's goroutines, scheduler and named channels. They are bound to Micrometer's
 * global registry when the first goroutine is started, if Micrometer is on the class path. Bind
 * them to another registry with {@link #bindTo}.
 *
 * <table>
 * <caption>Meters</caption>
 * <tr><th>{@code heddle.goroutines}</th><td>goroutines, by {@code state}</td></tr>
 * <tr><th>{@code heddle.goroutines.leaked}</th><td>goroutines that have leaked, counted</td></tr>
 * <tr><th>{@code heddle.scheduler.queued}</th><td>goroutines that can run and have no
 *     worker</td></tr>
 * <tr><th>{@code heddle.scheduler.latency}</th><td>how long a task waits for a worker</td></tr>
 * <tr><th>{@code heddle.scheduler.steals}</th><td>tasks that workers have taken from others,
 *     counted</td></tr>
 * <tr><th>{@code heddle.scheduler.stuck}</th><td>workers that are stuck</td></tr>
 * <tr><th>{@code heddle.timers}</th><td>timers and time-outs that are set</td></tr>
 * <tr><th>{@code heddle.channel.length}</th><td>values in a channel, by its {@code name}</td></tr>
 * <tr><th>{@code heddle.channel.fill}</th><td>the filled part of its buffer, from 0 to 1</td></tr>
 * <tr><th>{@code heddle.channel.waiting}</th><td>goroutines that wait for it, by {@code name} and
 *     {@code side}, which is {@code send} or {@code receive}</td></tr>
 * </table>
 */
public final class HeddleMetrics implements MeterBinder {
  /** Makes a binder. */
  public HeddleMetrics() {}

  static void bindGlobally() {
    new HeddleMetrics().bindTo(Metrics.globalRegistry);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    MultiGauge states =
        MultiGauge.builder("heddle.goroutines").description("Goroutines").register(registry);
    MultiGauge lengths =
        MultiGauge.builder("heddle.channel.length")
            .description("Values in a channel")
            .register(registry);
    MultiGauge fills =
        MultiGauge.builder("heddle.channel.fill")
            .description("The filled part of a channel's buffer")
            .register(registry);
    MultiGauge waiting =
        MultiGauge.builder("heddle.channel.waiting")
            .description("Goroutines that wait for a channel")
            .register(registry);
    // Which states and channels there are changes, so the rows of these are renewed when a meter
    // that is always there is read.
    gauge(
        registry,
        "heddle.timers",
        "Timers and time-outs that are set",
        statistics -> {
          states.register(
              statistics.goroutines().entrySet().stream()
                  .map(state ->
                      MultiGauge.Row.of(Tags.of("state", state.getKey()), state.getValue()))
                  .toList(),
              true);
          List<Statistics.Channel> channels = statistics.channels();
          lengths.register(
              channels.stream()
                  .map(one -> MultiGauge.Row.of(Tags.of("name", one.name()), one.length()))
                  .toList(),
              true);
          fills.register(
              channels.stream()
                  .filter(one -> one.capacity() > 0)
                  .map(one ->
                      MultiGauge.Row.of(
                          Tags.of("name", one.name()), (double) one.length() / one.capacity()))
                  .toList(),
              true);
          waiting.register(
              channels.stream()
                  .flatMap(one ->
                      java.util.stream.Stream.of(
                          MultiGauge.Row.of(
                              Tags.of("name", one.name(), "side", "send"), one.senders()),
                          MultiGauge.Row.of(
                              Tags.of("name", one.name(), "side", "receive"), one.receivers())))
                  .toList(),
              true);
          return statistics.timers();
        });
    gauge(
        registry,
        "heddle.scheduler.queued",
        "Goroutines that can run and have no worker",
        Statistics::queued);
    gauge(registry, "heddle.scheduler.stuck", "Workers that are stuck", Statistics::stuckWorkers);
    TimeGauge.builder(
            "heddle.scheduler.latency",
            () -> Statistics.recent().runQueueLatency().toNanos(),
            TimeUnit.NANOSECONDS)
        .description("How long a task waits for a worker")
        .register(registry);
    FunctionCounter.builder("heddle.scheduler.steals", this, none -> Statistics.recent().steals())
        .description("Tasks that workers have taken from others")
        .register(registry);
    FunctionCounter.builder("heddle.goroutines.leaked", this, none -> Statistics.recent().leaks())
        .description("Goroutines that have leaked")
        .register(registry);
  }

  private static void gauge(
      MeterRegistry registry,
      String name,
      String description,
      ToDoubleFunction<Statistics> figure) {
    Gauge.builder(name, () -> figure.applyAsDouble(Statistics.recent()))
        .description(description)
        .register(registry);
  }
}
