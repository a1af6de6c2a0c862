package io.heddle.slf4j;

import io.heddle.spi.ContextPropagator;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Gives each goroutine a copy of the mapped diagnostic context (MDC) of the code that starts it.
 * What the goroutine changes in its copy is not seen elsewhere.
 */
public final class MdcPropagator implements ContextPropagator {
  /** For {@link java.util.ServiceLoader}. */
  public MdcPropagator() {}

  @Override
  public @Nullable Snapshot capture() {
    Map<String, String> captured = MDC.getCopyOfContextMap();
    if (captured == null || captured.isEmpty()) {
      return null;
    }
    return () -> {
      MDC.setContextMap(captured);
      return MDC::clear;
    };
  }
}
