package io.heddle.opentelemetry;

import static io.heddle.Go.go;

import io.heddle.Chan;
import io.heddle.Goroutine;
import io.heddle.inspect.GoroutineProfile;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;

/** Sets the global OpenTelemetry, and never mentions Heddle's metrics. */
final class ObservedMain {
  private ObservedMain() {}

  public static void main(String[] args) throws Exception {
    InMemoryMetricReader reader = InMemoryMetricReader.create();
    OpenTelemetrySdk sdk =
        OpenTelemetrySdk.builder()
            .setMeterProvider(SdkMeterProvider.builder().registerMetricReader(reader).build())
            .setTracerProvider(
                SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(InMemorySpanExporter.create()))
                    .build())
            .buildAndRegisterGlobal();
    Chan<Integer> end = Chan.unbuffered();
    Goroutine<?> goroutine;
    Span span = sdk.getTracer("shop").spanBuilder("order").startSpan();
    try (Scope _ = span.makeCurrent()) {
      goroutine = go(() -> end.receive());
    }
    System.out.println("trace " + span.getSpanContext().getTraceId());
    System.out.println("profile " + GoroutineProfile.take().json());
    reader.collectAllMetrics().stream()
        .map(MetricData::getName)
        .forEach(name -> System.out.println("metric " + name));
    span.end();
    end.close();
    goroutine.join();
  }
}
