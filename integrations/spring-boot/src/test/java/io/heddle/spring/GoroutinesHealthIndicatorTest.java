package io.heddle.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.Mutex;
import io.heddle.WaitGroup;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.health.contributor.Status;

@Tag("clock")
final class GoroutinesHealthIndicatorTest {
  private final GoroutinesHealthIndicator indicator = new GoroutinesHealthIndicator();

  @Test
  void leaksAndGoroutinesAreDetails() {
    var health = indicator.health();
    assertEquals(Status.UP, health.getStatus());
    assertTrue(
        health
            .getDetails()
            .keySet()
            .containsAll(
                java.util.List.of("count", "leaks", "leaksAreSearched", "lockCycles", "scheduler")),
        health::toString);
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void itIsDownWhileGoroutinesWaitForEachOthersLocks() throws Exception {
    Mutex first = new Mutex();
    Mutex second = new Mutex();
    WaitGroup locked = new WaitGroup();
    locked.add(2);
    var one = Go.go(() -> lockBoth(first, second, locked));
    var other = Go.go(() -> lockBoth(second, first, locked));
    while (indicator.health().getStatus().equals(Status.UP)) {
      Thread.onSpinWait(); // until both have waited for a second
    }
    assertEquals(Status.DOWN, indicator.health().getStatus());
    one.cancel();
    one.join();
    other.join();
    assertEquals(Status.UP, indicator.health().getStatus());
  }

  private static void lockBoth(Mutex first, Mutex second, WaitGroup locked)
      throws InterruptedException {
    first.lock();
    try {
      locked.done();
      locked.await();
      second.lock();
      second.unlock();
    } finally {
      first.unlock();
    }
  }
}
