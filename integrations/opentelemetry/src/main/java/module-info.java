/**
 * Carries the context of OpenTelemetry, and with it the current span and baggage into goroutines.
 */
// The libraries name their modules in their manifests only.
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module io.heddle.opentelemetry {
  requires static transitive org.jspecify;
  requires transitive io.heddle;
  requires io.heddle.inspect;
  requires transitive io.opentelemetry.api;
  requires io.opentelemetry.context;

  exports io.heddle.opentelemetry;

  provides io.heddle.spi.ContextPropagator with
      io.heddle.opentelemetry.OpenTelemetryPropagator;
}
