package io.heddle.rate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.VirtualClock;
import io.heddle.WaitGroup;
import java.io.IOException;
import java.lang.Thread.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SometimesTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration CENTURIES = Duration.ofSeconds(Long.MAX_VALUE);

  /** The numbers of those calls that ran, of some, with a second between each two. */
  private static List<Integer> ran(Sometimes sometimes, int calls) throws Exception {
    List<Integer> ran = new ArrayList<>();
    VirtualClock.run(clock -> {
      for (int i = 1; i <= calls; i++) {
        int call = i;
        boolean did = sometimes.run(() -> ran.add(call));
        assertEquals(ran.contains(call), did);
        clock.advance(SECOND);
      }
    });
    return ran;
  }

  @Test
  void withoutARuleRunsOnce() throws Exception {
    assertEquals(List.of(1), ran(new Sometimes(), 3));
  }

  @Test
  void firstRunsTheFirst() throws Exception {
    assertEquals(List.of(1, 2), ran(new Sometimes().first(2), 3));
  }

  @Test
  void everyRunsEveryOther() throws Exception {
    assertEquals(List.of(1, 3), ran(new Sometimes().every(2), 3));
    assertEquals(List.of(1, 2, 3), ran(new Sometimes().every(1), 3));
  }

  @Test
  void intervalRunsAgainAfterTheTime() throws Exception {
    assertEquals(List.of(1, 3), ran(new Sometimes().interval(SECOND.multipliedBy(2)), 3));
    assertEquals(List.of(1, 3, 5), ran(new Sometimes().interval(Duration.ofMillis(1_001)), 5));
  }

  @Test
  void rulesAddUp() throws Exception {
    assertEquals(
        List.of(1, 2, 3, 5, 7),
        ran(new Sometimes().first(2).every(2).interval(SECOND.multipliedBy(10)), 8));
    VirtualClock.run(clock -> {
      Sometimes sometimes = new Sometimes().first(2).every(2).interval(SECOND);
      assertTrue(sometimes.run(() -> {})); // of the first two
      assertTrue(sometimes.run(() -> {})); // of the first two
      assertTrue(sometimes.run(() -> {})); // every other
      clock.advance(SECOND);
      assertTrue(sometimes.run(() -> {})); // after the interval
      assertTrue(sometimes.run(() -> {})); // every other
      assertFalse(sometimes.run(() -> {}));
    });
  }

  @Test
  void anIntervalBeginsWithTheLastRunWhateverItsRule() throws Exception {
    assertEquals(
        List.of(1, 2, 3, 6, 9), ran(new Sometimes().first(3).interval(SECOND.multipliedBy(3)), 10));
  }

  @Test
  void anIntervalOfZeroIsNoRule() throws Exception {
    assertEquals(List.of(1), ran(new Sometimes().interval(Duration.ZERO), 3));
  }

  @Test
  void anIntervalBeyondAllTimeRunsOnce() throws Exception {
    assertEquals(List.of(1), ran(new Sometimes().interval(CENTURIES), 3));
  }

  @Test
  void negativeNumbersAreNoRules() throws Exception {
    assertEquals(
        List.of(1), ran(new Sometimes().first(-1).every(-2).interval(CENTURIES.negated()), 5));
  }

  @Test
  void addingARuleLeavesTheOriginalAsItIs() throws Exception {
    Sometimes original = new Sometimes();
    assertEquals(List.of(1, 2, 3), ran(original.first(3), 5));
    assertEquals(List.of(1), ran(original, 5));
  }

  @Test
  void anActionThatThrowsCountsAsRun() {
    Sometimes once = new Sometimes();
    assertThrows(
        IllegalStateException.class,
        () ->
            once.run(() -> {
              throw new IllegalStateException("on purpose");
            }));
    assertFalse(once.run(() -> {}));
  }

  @Test
  void anActionMayAskAgain() {
    Sometimes twice = new Sometimes().first(2);
    AtomicInteger runs = new AtomicInteger();
    twice.run(() -> {
      runs.incrementAndGet();
      twice.run(runs::incrementAndGet);
    });
    assertEquals(2, runs.get());
  }

  /** So many that they meet, as a call takes a few nanoseconds only. */
  @Test
  void aCallWaitsForTheOneThatDecides() throws Exception {
    VirtualClock.run(clock -> {
      Sometimes once = new Sometimes().interval(SECOND);
      List<String> ran = new CopyOnWriteArrayList<>();
      clock.atNextReading(() -> { // which is the first call's
        Goroutine<?> second = Go.go(() -> once.run(() -> ran.add("second")));
        VirtualClock.await(
            () -> second.isDone() || second.thread().getState() == State.BLOCKED,
            () -> second + " to wait, or to be through");
      });
      once.run(() -> ran.add("first"));
      clock.advance(Duration.ZERO);
      assertEquals(List.of("first"), ran);
    });
  }

  @Test
  void ofManyConcurrentCallsTheRightNumberRuns() throws Exception {
    VirtualClock.run(clock -> {
      int calls = 250_000;
      Sometimes everyOther = new Sometimes().every(2);
      AtomicInteger runs = new AtomicInteger();
      WaitGroup all = new WaitGroup();
      for (int g = 0; g < 4; g++) {
        all.go(() -> {
          for (int i = 0; i < calls; i++) {
            everyOther.run(runs::incrementAndGet);
          }
        });
      }
      all.await();
      assertEquals(2 * calls, runs.get());
    });
  }

  @Test
  void whatTheActionThrowsIsThrownWithItsType() {
    Sometimes once = new Sometimes();
    IOException failure = new IOException("x");
    assertSame(failure, assertThrows(IOException.class, () -> fail(once, failure)));
    assertFalse(once.run(() -> {}), "a call that fails is counted");
  }

  /** Compiles only if the type of the exception is known. */
  private static void fail(Sometimes sometimes, IOException failure) throws IOException {
    sometimes.run(() -> {
      throw failure;
    });
  }
}
