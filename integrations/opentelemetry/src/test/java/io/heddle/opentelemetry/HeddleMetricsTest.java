package io.heddle.opentelemetry;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Goroutine;
import io.heddle.testing.Bubble;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class HeddleMetricsTest {
  private static final AttributeKey<String> STATE = AttributeKey.stringKey("state");
  private static final AttributeKey<String> NAME = AttributeKey.stringKey("name");

  @Test
  void statesAndNamedChannelsAreExported() throws Exception {
    InMemoryMetricReader reader = InMemoryMetricReader.create();
    try (SdkMeterProvider provider =
        SdkMeterProvider.builder().registerMetricReader(reader).build()) {
      HeddleMetrics.bind(OpenTelemetrySdk.builder().setMeterProvider(provider).build());
      Bubble.run(() -> {
        Chan<Integer> half = Chan.<Integer>buffered(2).named("half");
        half.send(1);
        Chan<Integer> empty = Chan.unbuffered();
        Goroutine<?> receiver = go(() -> empty.receive());
        Bubble.settle();
        Map<String, MetricData> metrics =
            reader.collectAllMetrics().stream()
                .collect(Collectors.toMap(MetricData::getName, one -> one));
        assertEquals(
            0.5,
            metrics.get("heddle.channel.fill").getDoubleGaugeData().getPoints().stream()
                .filter(point -> "half".equals(point.getAttributes().get(NAME)))
                .findFirst()
                .orElseThrow()
                .getValue());
        assertTrue(
            metrics.get("heddle.goroutines").getLongGaugeData().getPoints().stream()
                .anyMatch(point -> "chan receive".equals(point.getAttributes().get(STATE))));
        assertTrue(metrics.containsKey("heddle.scheduler.latency"), metrics.keySet().toString());
        half.close(); // until here it must not be collected
        empty.close();
        receiver.join();
      });
    }
  }
}
