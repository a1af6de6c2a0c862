package io.heddle.inspect;

import static io.heddle.Go.go;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Chan;
import io.heddle.Goroutine;
import io.heddle.testing.Bubble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class StatisticsTest {
  @Test
  void goroutinesAreCountedByStateAndChannelsByName() throws Exception {
    Bubble.run(() -> {
      Chan<Integer> full = Chan.<Integer>buffered(3).named("statistics");
      for (int i = 0; i < 3; i++) {
        full.send(i);
      }
      Goroutine<?> sender = go(() -> full.send(3));
      Bubble.settle();
      Statistics statistics = Statistics.take();
      assertTrue(statistics.goroutines().getOrDefault("chan send", 0L) >= 1);
      Statistics.Channel channel =
          statistics.channels().stream()
              .filter(one -> one.name().equals("statistics"))
              .findFirst()
              .orElseThrow();
      assertEquals(new Statistics.Channel("statistics", 3, 3, 1, 0), channel);
      full.receive();
      sender.join();
    });
  }

  @Test
  void theLatencyIsThatOfAProbe() {
    Statistics.take();
    while (Statistics.take().runQueueLatency().isZero()) {
      Thread.onSpinWait();
    }
    assertTrue(Statistics.take().runQueueLatency().toSeconds() < 60);
  }
}
