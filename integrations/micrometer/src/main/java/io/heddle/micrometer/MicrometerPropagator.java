package io.heddle.micrometer;

import io.heddle.spi.ContextPropagator;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ContextSnapshot;
import io.micrometer.context.ContextSnapshotFactory;
import io.micrometer.context.ThreadLocalAccessor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives each goroutine the values of the thread-locals that are registered with the global {@link
 * io.micrometer.context.ContextRegistry}, as the code that starts it sees them: the current
 * observation, for example.
 */
public final class MicrometerPropagator implements ContextPropagator {
  private final ContextRegistry registry = ContextRegistry.getInstance();
  private final ContextSnapshotFactory factory = ContextSnapshotFactory.builder().build();

  /** For {@link java.util.ServiceLoader}. Also binds {@link HeddleMetrics}. */
  public MicrometerPropagator() {
    try {
      HeddleMetrics.bindGlobally();
    } catch (NoClassDefFoundError e) {
      // There is no Micrometer, only its context propagation.
    }
  }

  @Override
  public @Nullable Snapshot capture() {
    if (!hasContext()) {
      return null; // as in a program that uses Micrometer for its meters only
    }
    ContextSnapshot captured = factory.captureAll();
    return () -> captured.setThreadLocals()::close;
  }

  private boolean hasContext() {
    List<ThreadLocalAccessor<?>> accessors = registry.getThreadLocalAccessors();
    if (accessors.isEmpty()) { // an iterator takes 5 ns, a twentieth of a goroutine's start
      return false;
    }
    for (ThreadLocalAccessor<?> accessor : accessors) {
      if (accessor.getValue() != null) {
        return true;
      }
    }
    return false;
  }
}
