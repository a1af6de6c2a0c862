package io.heddle.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
