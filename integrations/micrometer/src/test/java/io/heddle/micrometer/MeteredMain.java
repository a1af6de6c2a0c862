package io.heddle.micrometer;

import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Arrays;

/**
 * Runs another program, and reads all meters every second meanwhile: {@code bin/bench-observers}
 * measures what they cost.
 */
final class MeteredMain {
  private static final Duration PERIOD = Duration.ofSeconds(1);

  private MeteredMain() {}

  public static void main(String[] args) throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Metrics.addRegistry(registry);
    Thread.ofPlatform().daemon().start(() -> read(registry));
    Class.forName(args[0])
        .getMethod("main", String[].class)
        .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
  }

  private static void read(SimpleMeterRegistry registry) {
    while (true) {
      double sum = 0;
      for (Meter meter : registry.getMeters()) {
        for (Measurement measurement : meter.measure()) {
          sum += measurement.getValue();
        }
      }
      if (Double.isInfinite(sum)) {
        throw new IllegalStateException("a meter is infinite");
      }
      try {
        Thread.sleep(PERIOD);
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
