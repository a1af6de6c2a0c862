package io.heddle.opentelemetry;

import io.heddle.inspect.Statistics;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;

/**
 * Meters of Heddle's goroutines, scheduler and named channels. They are bound to the global
 * OpenTelemetry when the first goroutine is started, if it has been set by then, as it has with
 * OpenTelemetry's agent. Else call {@link #bind}.
 *
 * <table>
 * <caption>Meters</caption>
 * <tr><th>{@code heddle.goroutines}</th><td>goroutines, by {@code state}</td></tr>
 * <tr><th>{@code heddle.goroutines.leaked}</th><td>goroutines that have leaked, counted</td></tr>
 * <tr><th>{@code heddle.scheduler.queued}</th><td>goroutines that can run and have no
 *     worker</td></tr>
 * <tr><th>{@code heddle.scheduler.latency}</th><td>how long a task waits for a worker, in
 *     seconds</td></tr>
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
public final class HeddleMetrics {
  private static final AttributeKey<String> STATE = AttributeKey.stringKey("state");
  private static final AttributeKey<String> NAME = AttributeKey.stringKey("name");
  private static final AttributeKey<String> SIDE = AttributeKey.stringKey("side");
  private static final double NANOS_PER_SECOND = 1e9;

  private HeddleMetrics() {}

  /**
   * Makes the meters, for as long as the JVM lives. Call it once.
   *
   * @param openTelemetry what exports them
   */
  public static void bind(OpenTelemetry openTelemetry) {
    Meter meter = openTelemetry.getMeter("io.heddle");
    meter
        .gaugeBuilder("heddle.goroutines")
        .ofLongs()
        .buildWithCallback(out ->
            Statistics.recent()
                .goroutines()
                .forEach((state, count) -> out.record(count, Attributes.of(STATE, state))));
    meter
        .counterBuilder("heddle.goroutines.leaked")
        .buildWithCallback(out -> out.record(Statistics.recent().leaks()));
    meter
        .gaugeBuilder("heddle.scheduler.queued")
        .ofLongs()
        .buildWithCallback(out -> out.record(Statistics.recent().queued()));
    meter
        .gaugeBuilder("heddle.scheduler.latency")
        .setUnit("s")
        .buildWithCallback(
            out -> out.record(Statistics.recent().runQueueLatency().toNanos() / NANOS_PER_SECOND));
    meter
        .counterBuilder("heddle.scheduler.steals")
        .buildWithCallback(out -> out.record(Statistics.recent().steals()));
    meter
        .gaugeBuilder("heddle.scheduler.stuck")
        .ofLongs()
        .buildWithCallback(out -> out.record(Statistics.recent().stuckWorkers()));
    meter
        .gaugeBuilder("heddle.timers")
        .ofLongs()
        .buildWithCallback(out -> out.record(Statistics.recent().timers()));
    meter
        .gaugeBuilder("heddle.channel.length")
        .ofLongs()
        .buildWithCallback(out ->
            Statistics.recent()
                .channels()
                .forEach(one -> out.record(one.length(), Attributes.of(NAME, one.name()))));
    meter
        .gaugeBuilder("heddle.channel.fill")
        .buildWithCallback(out ->
            Statistics.recent().channels().stream()
                .filter(one -> one.capacity() > 0)
                .forEach(one ->
                    out.record(
                        (double) one.length() / one.capacity(), Attributes.of(NAME, one.name()))));
    meter
        .gaugeBuilder("heddle.channel.waiting")
        .ofLongs()
        .buildWithCallback(out ->
            Statistics.recent()
                .channels()
                .forEach(one -> {
                  out.record(one.senders(), Attributes.of(NAME, one.name(), SIDE, "send"));
                  out.record(one.receivers(), Attributes.of(NAME, one.name(), SIDE, "receive"));
                }));
  }
}
