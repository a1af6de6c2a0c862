package io.heddle.orders.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import io.heddle.queue.Queues;
import io.heddle.queue.StageStats;
import io.heddle.queue.State;
import io.heddle.testing.Bubble;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever scrapes does not have the whole queue read each time. */
final class MetricsTest {
  private final AtomicInteger counts = new AtomicInteger();
  private boolean isAway;

  @TempDir private Path folder;

  /** A queue that can only be counted. */
  private Queue queue() throws QueueException {
    Queue closed = Queues.open(folder.resolve("queue").toString(), 1);
    closed.close();
    return (Queue)
        Proxy.newProxyInstance(
            Queue.class.getClassLoader(),
            new Class<?>[] {Queue.class},
            (_, method, _) -> {
              assertEquals("stats", method.getName());
              counts.incrementAndGet();
              if (isAway) {
                return closed.stats(); // fails
              }
              return List.of(
                  new StageStats("checking", State.WAITING, 7, 1, Duration.ZERO, Duration.ZERO));
            });
  }

  @Test
  void theQueueIsCountedOnceInFiveSeconds() throws Exception {
    Queue queue = queue();
    Bubble.run(() -> {
      Metrics metrics = new Metrics(queue);
      for (int i = 0; i < 10; i++) {
        String text = metrics.text();
        assertTrue(text.contains("orders{state=\"checking\",work=\"waiting\"} 7.0"), text);
      }
      assertEquals(1, counts.get());
      Go.sleep(Duration.ofMillis(5001));
      metrics.text();
      assertEquals(2, counts.get());
    });
  }

  @Test
  void norIsOneThatIsAwayAskedAgainAtOnce() throws Exception {
    Queue queue = queue();
    Bubble.run(() -> {
      isAway = true;
      Metrics metrics = new Metrics(queue);
      for (int i = 0; i < 10; i++) {
        assertTrue(!metrics.text().contains("orders{"));
      }
      assertEquals(1, counts.get());
      isAway = false;
      Go.sleep(Duration.ofMillis(5001));
      assertTrue(metrics.text().contains("orders{"));
    });
  }
}
