package io.heddle.spi;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Carries context of the code that starts a goroutine into that goroutine: the values of
 * thread-locals, for example, which a goroutine does not inherit. {@link ScopedValue}s need no
 * propagator.
 *
 * <p>Propagators are found with {@link java.util.ServiceLoader}, by the class loader of Heddle,
 * when the first goroutine is started. So a library propagates its context when its propagator is
 * on the class path or the module path:
 *
 * {@snippet :
 * public final class TenantPropagator implements ContextPropagator {
 *   @Override
 *   public Snapshot capture() {
 *     Tenant tenant = Tenant.current();          // of the goroutine or thread that calls go
 *     return tenant == null ? null : () -> {
 *       Tenant.setCurrent(tenant);               // in the new goroutine, before its task
 *       return Tenant::clearCurrent;             // after its task
 *     };
 *   }
 * }
 * }
 *
 * <p>Every goroutine is started with what its creator sees at that moment: by {@code go}, and as a
 * task of a wait group, a group, a race or a pipeline. A task of {@code afterFunc} gets the context
 * of the code that called {@code afterFunc}, and the computation of a single flight that of its
 * first caller.
 *
 * <p>What a method of a propagator throws is logged as a warning of the logger {@code io.heddle},
 * once for each propagator and method, and the goroutine runs without that part of its context. A
 * {@link VirtualMachineError} is rethrown.
 *
 * <p>A propagator must not start goroutines, nor wait for any. Several threads may use it at the
 * same time.
 */
public interface ContextPropagator {
  /**
   * Captures the context of the calling thread. Called each time a goroutine is to be started, on
   * the thread that starts it.
   *
   * @return what the goroutine is to restore; null if there is nothing, which costs the goroutine
   *     nothing
   */
  @Nullable Snapshot capture();

  /** A captured context. One snapshot may be restored several times, also at the same time. */
  @FunctionalInterface
  interface Snapshot {
    /**
     * Makes the context that of the calling thread. Called on the goroutine's thread before its
     * task; that thread is new and belongs to the goroutine alone.
     *
     * @return called on the same thread when the task has ended
     */
    Scope restore();

    /**
     * Identifies the context to observers of the goroutine: a trace id, for example. Go's profiler
     * labels. Called while the program is observed, by a thread that only observes.
     *
     * @return names and values; empty by default
     */
    default Map<String, String> labels() {
      return Map.of();
    }
  }

  /** The time for which a restored context is the current one. */
  @FunctionalInterface
  interface Scope extends AutoCloseable {
    /** Clears the restored values. Scopes are closed in the opposite order. */
    @Override
    void close();
  }
}
