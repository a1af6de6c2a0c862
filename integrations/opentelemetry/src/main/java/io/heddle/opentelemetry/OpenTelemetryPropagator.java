package io.heddle.opentelemetry;

import io.heddle.spi.ContextPropagator;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * Makes the OpenTelemetry context of the code that starts a goroutine the current one in the
 * goroutine, so that spans made there are children of the creator's current span.
 */
public final class OpenTelemetryPropagator implements ContextPropagator {
  /** For {@link java.util.ServiceLoader}. */
  public OpenTelemetryPropagator() {}

  @Override
  @SuppressWarnings({
    "MustBeClosedChecker", // Heddle closes the scope
    "ReferenceEquality" // there is one root
  })
  public @Nullable Snapshot capture() {
    Context captured = Context.current();
    return captured == Context.root() ? null : () -> captured.makeCurrent()::close;
  }
}
