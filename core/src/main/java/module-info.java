/** Go's concurrency model for Java: goroutines, channels, select, sync and context. */
module io.heddle {
  requires static transitive org.jspecify;

  exports io.heddle;
  exports io.heddle.flow;
  exports io.heddle.rate;
}
