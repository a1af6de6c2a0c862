/** Carries the mapped diagnostic context (MDC) of SLF4J into goroutines. */
module io.heddle.slf4j {
  requires static org.jspecify;
  requires io.heddle;
  requires org.slf4j;

  provides io.heddle.spi.ContextPropagator with
      io.heddle.slf4j.MdcPropagator;
}
