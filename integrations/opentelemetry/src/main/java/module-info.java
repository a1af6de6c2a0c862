/**
 * Carries the context of OpenTelemetry, and with it the current span and baggage into goroutines.
 */
@SuppressWarnings("requires-automatic") // the library names its module in its manifest only
module io.heddle.opentelemetry {
  requires static org.jspecify;
  requires io.heddle;
  requires io.opentelemetry.context;

  provides io.heddle.spi.ContextPropagator with
      io.heddle.opentelemetry.OpenTelemetryPropagator;
}
