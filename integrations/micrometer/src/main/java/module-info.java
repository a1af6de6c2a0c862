/**
 * Carries the thread-locals that are registered with Micrometer Context Propagation into
 * goroutines.
 */
@SuppressWarnings("requires-automatic") // the library names its module in its manifest only
module io.heddle.micrometer {
  requires static org.jspecify;
  requires io.heddle;
  requires context.propagation;

  provides io.heddle.spi.ContextPropagator with
      io.heddle.micrometer.MicrometerPropagator;
}
