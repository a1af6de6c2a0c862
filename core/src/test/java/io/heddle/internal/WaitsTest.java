package io.heddle.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class WaitsTest {
  private static final long PERIOD = 1_000;

  @BeforeEach
  void begin() {
    assertFalse(Waits.sample(PERIOD), "this JVM is not observed");
  }

  @AfterEach
  void end() {
    Waits.sample(0);
  }

  private static Waits.Sum only(List<Waits.Sum> sums) {
    assertEquals(1, sums.size(), sums.toString());
    return sums.getFirst();
  }

  /** The same place for all. */
  private static void wait(int times, long nanos) {
    for (int i = 0; i < times; i++) {
      Waits.ended("chan receive", nanos, null);
    }
  }

  @Test
  void aLongWaitIsAlwaysRecordedAsItIs() {
    wait(3, 5 * PERIOD);
    Waits.Sum sum = only(Waits.sums());
    assertEquals("chan receive", sum.reason());
    assertEquals(3, sum.count());
    assertEquals(15 * PERIOD, sum.nanos());
    assertTrue(sum.stack().stream().anyMatch(frame -> frame.getMethodName().equals("wait")));
  }

  @Test
  void shortWaitsAreExtrapolated() {
    int waits = 40_000;
    wait(waits, PERIOD / 20);
    Waits.Sum sum = only(Waits.sums());
    // Each of about 2,000 that are recorded stands for 20: six standard deviations are 5,300.
    assertEquals(waits, sum.count(), 5_300);
    assertEquals(sum.count() * PERIOD / 20, sum.nanos(), 1);
    assertEquals(0, sum.count() % 20, 1e-6);
  }

  @Test
  void aWaitForALockIsAlsoItsHolders() {
    Object unlock = unlock();
    Waits.ended("Mutex.lock", 2 * PERIOD, unlock);
    Waits.Sum holder = only(Waits.unlocks());
    assertEquals(2 * PERIOD, holder.nanos());
    assertTrue(holder.stack().stream().anyMatch(frame -> frame.getMethodName().equals("unlock")));
    assertTrue(
        only(Waits.sums()).stack().stream()
            .noneMatch(frame -> frame.getMethodName().equals("unlock")));
  }

  private static Object unlock() {
    Object unlock = Waits.unlocking();
    assertNotNull(unlock);
    return unlock;
  }

  @Test
  void whatElseEndsAWaitHasNoStack() {
    Waits.ended("chan receive", PERIOD, new Throwable("a value that is received"));
    assertEquals(List.of(), Waits.unlocks());
  }

  @Test
  void aNewSampleBeginsEmptyAndNoneRecordsNothing() {
    Waits.ended("Mutex.lock", PERIOD, unlock());
    Waits.sample(PERIOD);
    assertEquals(List.of(), Waits.sums());
    assertEquals(List.of(), Waits.unlocks());
    Waits.sample(0);
    wait(1, PERIOD);
    assertEquals(List.of(), Waits.sums());
  }

  @Test
  void memoryIsBounded() throws InterruptedException {
    Thread.ofPlatform() // with few frames
        .start(() -> {
          for (int i = 0; i < Waits.MOST_STACKS; i++) {
            Waits.ended("reason " + i, PERIOD, null);
          }
        })
        .join();
    Waits.ended("reason of one more", PERIOD, null);
    Waits.ended("reason of one more", PERIOD, null);
    assertEquals(Waits.MOST_STACKS + 1, Waits.sums().size());
    Waits.Sum more =
        Waits.sums().stream()
            .filter(sum -> sum.reason().equals("reason of one more"))
            .findFirst()
            .orElseThrow();
    assertEquals(2, more.count());
    assertEquals(List.of(), more.stack());
  }
}
