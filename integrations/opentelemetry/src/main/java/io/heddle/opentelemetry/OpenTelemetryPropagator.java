package io.heddle.opentelemetry;

import io.heddle.spi.ContextPropagator;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes the OpenTelemetry context of the code that starts a goroutine the current one in the
 * goroutine, so that spans made there are children of the creator's current span.
 */
public final class OpenTelemetryPropagator implements ContextPropagator {
  /**
   * For {@link java.util.ServiceLoader}. Also binds {@link HeddleMetrics}, if OpenTelemetry is set
   * up by then.
   */
  public OpenTelemetryPropagator() {
    if (GlobalOpenTelemetry.isSet()) {
      HeddleMetrics.bind(GlobalOpenTelemetry.get());
    }
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // there is one root
  public @Nullable Snapshot capture() {
    Context captured = Context.current();
    return captured == Context.root() ? null : new Captured(captured);
  }

  private record Captured(Context context) implements Snapshot {
    @Override
    @SuppressWarnings("MustBeClosedChecker") // Heddle closes the scope
    public Scope restore() {
      return context.makeCurrent()::close;
    }

    @Override
    public Map<String, String> labels() {
      SpanContext span = Span.fromContext(context).getSpanContext();
      return span.isValid()
          ? Map.of("trace_id", span.getTraceId(), "span_id", span.getSpanId())
          : Map.of();
    }
  }
}
