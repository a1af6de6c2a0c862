package io.heddle.spring;

import io.heddle.Goroutines;
import io.heddle.Leaks;
import io.heddle.RuntimeInfo;
import java.util.List;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * The health component {@code goroutines}. It is down while goroutines wait for each other's locks
 * in a circle, as each request that needs one of these locks hangs. Leaks are details only: they
 * cost no memory once they are found, so they are no reason to restart the application.
 */
public final class GoroutinesHealthIndicator extends AbstractHealthIndicator {
  /** Makes an indicator. */
  public GoroutinesHealthIndicator() {
    super("the goroutines could not be examined");
  }

  @Override
  protected void doHealthCheck(Health.Builder builder) {
    List<String> cycles = Goroutines.lockCycles();
    builder
        .status(cycles.isEmpty() ? "UP" : "DOWN")
        .withDetail("count", Goroutines.count())
        .withDetail("leaks", Leaks.count())
        .withDetail("leaksAreSearched", Leaks.areSearched())
        .withDetail("lockCycles", cycles)
        .withDetail("scheduler", RuntimeInfo.current().summary());
  }
}
