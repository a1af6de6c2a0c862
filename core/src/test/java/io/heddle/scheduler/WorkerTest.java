package io.heddle.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a worker has of its own, in a test that does its work for it. */
final class WorkerTest {
  private final Scheduler scheduler = new Scheduler("test", 1);
  private final Worker worker = new Worker(scheduler, "test", 2);

  @AfterEach
  void close() {
    scheduler.close();
  }

  @Test
  void whoIsQueuedHasATurnHoweverManyAreWoken() {
    Runnable queued = () -> {};
    Runnable woken = () -> {};
    worker.addLast(queued);
    int turns = 0;
    do {
      worker.addNext(woken);
      turns++;
    } while (worker.poll() == woken && turns < 1_000);
    assertTrue(turns < 100, turns + " turns");
  }

  @Test
  void aGoroutineFollowsOnAThreadUnlessSomethingElseIsNext() {
    Unstarted goroutine = new Nothing();
    Runnable woken = () -> {};
    worker.begin();
    assertNull(worker.pollUnstarted());
    worker.addLast(goroutine);
    worker.addNext(woken);
    assertNull(worker.pollUnstarted(), "a goroutine was woken");
    assertSame(woken, worker.poll());
    long tasks = worker.tasks();
    assertSame(goroutine, worker.pollUnstarted());
    assertEquals(tasks + 1, worker.tasks(), "it counts as a task");
    worker.addLast(() -> {});
    worker.addLast(goroutine);
    assertNull(worker.pollUnstarted(), "a task of another kind comes first");
  }

  @Test
  void theTimersAndTheGlobalQueueHaveTheirTurnBetweenGoroutines() {
    Set<Long> turns = new TreeSet<>();
    Set<Long> expected = new TreeSet<>();
    for (long tasks = 0; tasks < 200; tasks++) {
      assertEquals(tasks, worker.tasks());
      if (tasks % 8 == 0 || tasks % 61 == 0) {
        expected.add(tasks);
      }
      worker.addLast(new Nothing());
      if (worker.pollUnstarted() == null) {
        turns.add(tasks);
        worker.poll();
        worker.begin();
      }
    }
    assertEquals(expected, turns);
  }

  /** A goroutine that is only queued. */
  private static final class Nothing implements Unstarted {
    @Override
    public @Nullable Thread ownThread() {
      return null;
    }

    @Override
    public boolean begin(Thread self) {
      return true;
    }

    @Override
    public boolean leave(Thread self) {
      return true;
    }

    @Override
    public void fail(Throwable why) {}

    @Override
    public void run() {}
  }

  @Test
  void onlyOneEndsASleep() {
    worker.sleepState(Worker.PARKED);
    assertFalse(worker.endSleep(Worker.DOZING));
    assertTrue(worker.endSleep(Worker.PARKED));
    assertFalse(worker.endSleep(Worker.PARKED));
    worker.sleepState(Worker.ENDED);
    assertFalse(worker.endSleep(Worker.PARKED));
    assertEquals(Worker.ENDED, worker.sleepState());
  }
}
