/** Go's concurrency model for Java: goroutines, channels, select, sync and context. */
@SuppressWarnings(
    "module") // the one module that is qualified to see our machinery is compiled later
module io.heddle {
  requires static transitive org.jspecify;

  // To be sure of a deadlock: without them, programs with other threads get no report of one. The
  // first is for JMX, too.
  requires static java.management;
  requires static jdk.management;

  exports io.heddle;
  exports io.heddle.flow;
  exports io.heddle.interop;
  exports io.heddle.rate;
  exports io.heddle.spi;
  exports io.heddle.internal to
      io.heddle.inspect,
      io.heddle.testing;

  uses io.heddle.internal.Extension;
  uses io.heddle.spi.ContextPropagator;
}
