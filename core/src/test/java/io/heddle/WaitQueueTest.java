package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Who waits in which order. */
final class WaitQueueTest {
  private static Node node() {
    return new CallbackWaiter(() -> {});
  }

  @Test
  void isAQueueWithTwoEndsFromWhichAnyoneMayLeave() {
    Random random = new Random(1);
    WaitQueue queue = new WaitQueue();
    Deque<Node> expected = new ArrayDeque<>();
    for (int i = 0; i < 10_000; i++) {
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          Node node = node();
          queue.add(node);
          expected.addLast(node);
        }
        case 2 -> {
          Node node = node();
          queue.addFirst(node);
          expected.addFirst(node);
        }
        case 3 -> assertSame(expected.pollFirst(), queue.poll());
        default -> {
          if (!expected.isEmpty()) {
            Node leaves = expected.stream().skip(random.nextInt(expected.size())).findFirst().get();
            expected.remove(leaves);
            queue.remove(leaves);
            assertNull(leaves.queue);
          }
        }
      }
      assertEquals(expected.size(), queue.size());
      assertEquals(expected.isEmpty(), queue.isEmpty());
      expected.forEach(node -> assertSame(queue, node.queue));
    }
    while (!expected.isEmpty()) {
      assertSame(expected.pollFirst(), queue.poll());
    }
    assertTrue(queue.isEmpty());
    assertNull(queue.poll());
  }
}
