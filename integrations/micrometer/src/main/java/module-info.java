/**
 * Carries the thread-locals that are registered with Micrometer Context Propagation into
 * goroutines.
 */
// The libraries name their modules in their manifests only.
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module io.heddle.micrometer {
  requires static transitive org.jspecify;
  requires transitive io.heddle;
  requires io.heddle.inspect;
  requires context.propagation;
  requires static transitive micrometer.core;

  exports io.heddle.micrometer;

  provides io.heddle.spi.ContextPropagator with
      io.heddle.micrometer.MicrometerPropagator;
}
