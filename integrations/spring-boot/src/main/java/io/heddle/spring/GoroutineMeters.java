package io.heddle.spring;

import io.heddle.Goroutines;
import io.heddle.Leaks;
import io.heddle.RuntimeInfo;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * The meters {@code heddle.goroutines}, {@code heddle.goroutines.leaked} and {@code
 * heddle.scheduler.parallelism}. The module {@code heddle-micrometer} has more, and takes the place
 * of these where it is on the class path.
 */
public final class GoroutineMeters implements MeterBinder {
  /** Makes a binder. */
  public GoroutineMeters() {}

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("heddle.goroutines", Goroutines::count)
        .description("Goroutines that have not ended")
        .register(registry);
    FunctionCounter.builder("heddle.goroutines.leaked", this, _ -> Leaks.count())
        .description("Goroutines that have leaked")
        .register(registry);
    RuntimeInfo info = RuntimeInfo.current();
    Gauge.builder("heddle.scheduler.parallelism", info::parallelism)
        .description("How many goroutines can run at the same time")
        .tag("scheduler", info.scheduler().name().toLowerCase(java.util.Locale.ROOT))
        .register(registry);
  }
}
