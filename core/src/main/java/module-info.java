/** Go's concurrency model for Java. */
module io.heddle {
  requires static transitive org.jspecify;

  exports io.heddle;
}
