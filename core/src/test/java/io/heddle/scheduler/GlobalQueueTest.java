package io.heddle.scheduler;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Whoever looks before it sleeps sees tasks and batches. */
final class GlobalQueueTest {
  private final GlobalQueue queue = new GlobalQueue();

  @Test
  void holdsTasks() {
    Runnable task = () -> {};
    assertTrue(queue.isEmpty());
    queue.add(task);
    assertFalse(queue.isEmpty());
    assertNull(queue.pollBatch());
    assertSame(task, queue.poll());
    assertTrue(queue.isEmpty());
  }

  @Test
  void holdsBatches() {
    Runnable[] batch = {() -> {}};
    queue.addBatch(batch);
    assertFalse(queue.isEmpty());
    assertNull(queue.poll());
    assertSame(batch, queue.pollBatch());
    assertTrue(queue.isEmpty());
  }
}
