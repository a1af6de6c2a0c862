package io.heddle.micrometer;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Goroutine;
import io.heddle.testing.Bubble;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class HeddleMetricsTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @BeforeEach
  void add() {
    Metrics.addRegistry(registry);
  }

  @AfterEach
  void remove() {
    Metrics.removeRegistry(registry);
  }

  @Test
  void theGlobalRegistryHasThemOnceAGoroutineWasStarted() throws Exception {
    go(() -> {}).join();
    assertTrue(registry.get("heddle.timers").gauge().value() >= 0);
    assertTrue(registry.get("heddle.scheduler.steals").functionCounter().count() >= 0);
    assertTrue(registry.get("heddle.scheduler.latency").timeGauge().value() >= 0);
  }

  @Test
  void namedChannelsAndStatesHaveRows() throws Exception {
    SimpleMeterRegistry own = new SimpleMeterRegistry();
    new HeddleMetrics().bindTo(own);
    Bubble.run(() -> {
      Chan<Integer> half = Chan.<Integer>buffered(2).named("half");
      half.send(1);
      Chan<Integer> empty = Chan.unbuffered();
      Goroutine<?> receiver = go(() -> empty.receive());
      Bubble.settle();
      while (own.find("heddle.channel.fill").tag("name", "half").gauge() == null) {
        own.get("heddle.timers").gauge().value(); // figures are shared for a second
      }
      assertEquals(0.5, own.get("heddle.channel.fill").tag("name", "half").gauge().value());
      assertEquals(1, own.get("heddle.channel.length").tag("name", "half").gauge().value());
      assertTrue(own.get("heddle.goroutines").tag("state", "chan receive").gauge().value() >= 1);
      half.close(); // until here it must not be collected
      empty.close();
      receiver.join();
    });
  }
}
