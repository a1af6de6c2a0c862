package io.heddle.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A worker's queue: order, bounds, and no task lost or run twice however many take from it. */
@Timeout(60)
@Tag("slow")
final class RunQueueTest {
  private record Task(int id) implements Runnable {
    @Override
    public void run() {}
  }

  @Test
  void isFirstInFirstOut() {
    RunQueue queue = new RunQueue();
    for (int round = 0; round < 1000; round++) {
      Task a = new Task(1);
      Task b = new Task(2);
      assertTrue(queue.add(a));
      assertTrue(queue.add(b));
      assertEquals(2, queue.size());
      assertSame(a, queue.poll());
      assertSame(b, queue.poll());
      assertNull(queue.poll());
    }
  }

  @Test
  void refusesMoreThanItHolds() {
    RunQueue queue = new RunQueue();
    for (int i = 0; i < RunQueue.CAPACITY; i++) {
      assertTrue(queue.add(new Task(i)));
    }
    assertFalse(queue.add(new Task(-1)));
    assertEquals(new Task(0), queue.poll());
    assertTrue(queue.add(new Task(RunQueue.CAPACITY)));
  }

  @Test
  void aThiefGetsTheOlderHalf() {
    RunQueue queue = new RunQueue();
    assertEquals(0, queue.stealHalf().length);
    for (int i = 0; i < 5; i++) {
      queue.add(new Task(i));
    }
    assertEquals(List.of(new Task(0), new Task(1), new Task(2)), Arrays.asList(queue.stealHalf()));
    assertEquals(2, queue.size());
  }

  @Test
  void everyTaskIsTakenOnceByOwnerAndThieves() throws Exception {
    assertEquals(List.of(), takenOtherThanOnce(new RunQueue(), 300_000));
  }

  /** Adds tasks as the owner while two thieves take; returns those not taken exactly once. */
  private static List<Integer> takenOtherThanOnce(RunQueue queue, int tasks)
      throws InterruptedException {
    AtomicIntegerArray taken = new AtomicIntegerArray(tasks);
    Thread[] thieves = new Thread[2];
    boolean[] over = new boolean[1];
    for (int t = 0; t < thieves.length; t++) {
      boolean half = t == 0;
      thieves[t] =
          Thread.ofPlatform()
              .start(() -> {
                while (!isOver(over) || queue.size() > 0) {
                  if (half) {
                    for (Runnable task : queue.stealHalf()) {
                      taken.incrementAndGet(((Task) task).id());
                    }
                  } else if (queue.poll() instanceof Task task) {
                    taken.incrementAndGet(task.id());
                  }
                }
              });
    }
    for (int i = 0; i < tasks; ) {
      if (queue.add(new Task(i))) {
        i++;
      }
      if (i % 3 == 0 && queue.poll() instanceof Task task) {
        taken.incrementAndGet(task.id());
      }
    }
    synchronized (over) {
      over[0] = true;
    }
    for (Thread thief : thieves) {
      thief.join();
    }
    List<Integer> wrong = new ArrayList<>();
    for (int i = 0; i < tasks; i++) {
      if (taken.get(i) != 1) {
        wrong.add(i);
      }
    }
    return wrong;
  }

  private static boolean isOver(boolean[] over) {
    synchronized (over) {
      return over[0];
    }
  }
}
