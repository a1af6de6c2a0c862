package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Alarms that are set, put off, put forward and taken back, against a plain map. */
final class AlarmQueueTest {
  private final AlarmQueue queue = new AlarmQueue();

  @Test
  void whatIsDueIsWhatIsSetAndInTime() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      AlarmQueue queue = new AlarmQueue();
      List<Alarm> alarms = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        alarms.add(alarm());
      }
      Map<Alarm, Long> model = new HashMap<>();
      for (int step = 0; step < 2_000; step++) {
        Alarm alarm = alarms.get(random.nextInt(alarms.size()));
        switch (random.nextInt(5)) {
          case 0, 1 -> {
            long deadline = random.nextInt(1_000);
            assertEquals(model.put(alarm, deadline) != null, queue.start(alarm, deadline));
          }
          case 2, 3 -> assertEquals(model.remove(alarm) != null, queue.stop(alarm));
          default -> {
            long now = random.nextInt(50);
            Alarm due = queue.pollDue(now, false);
            if (due == null) {
              assertTrue(model.values().stream().allMatch(d -> d > now), "seed " + seed);
            } else {
              long deadline = model.remove(due);
              assertTrue(deadline <= now && model.values().stream().allMatch(d -> d >= deadline));
            }
          }
        }
        long earliest = queue.earliest();
        assertTrue(model.values().stream().allMatch(d -> d >= earliest), "seed " + seed);
      }
    }
  }

  @Test
  void anAlarmPutOffGoesOffAtItsNewTimeOnly() {
    Alarm alarm = alarm();
    queue.start(alarm, 10);
    queue.start(alarm, 20);
    assertNull(queue.pollDue(19, false));
    assertEquals(20, queue.earliest());
    assertSame(alarm, queue.pollDue(20, false));
    assertEquals(Clock.NEVER, queue.earliest());
  }

  /** Whether few others are set or many: once it is tidy, stopped alarms are garbage. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 60, 1_000, 5_000})
  void nothingRefersToStoppedAlarms(int others) {
    List<Alarm> set = new ArrayList<>();
    for (int i = 0; i < others; i++) {
      set.add(alarm());
      queue.start(set.getLast(), Clock.NEVER - 1 - i);
    }
    List<WeakReference<Alarm>> stopped = startAndStop(1_000);
    assertEquals(others > 60, queue.isUntidy());
    if (queue.isUntidy()) {
      queue.tidy();
      assertFalse(queue.isUntidy());
    }
    TestSupport.awaitCollected(
        "the stopped alarms",
        () -> stopped.stream().allMatch(reference -> reference.refersTo(null)));
    set.forEach(alarm -> assertTrue(queue.stop(alarm)));
    assertTrue(queue.isQuiet());
  }

  /** So that the ones to clear out are everywhere in the heap. */
  @Test
  void whateverWasStoppedIsClearedOutAndTheOthersGoOffInOrder() {
    for (long seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      AlarmQueue queue = new AlarmQueue();
      Map<Alarm, Long> model = new HashMap<>();
      for (int i = 0; i < 3_000; i++) {
        Alarm alarm = alarm();
        long deadline = random.nextInt(1_000);
        queue.start(alarm, deadline);
        model.put(alarm, deadline);
      }
      for (Alarm alarm : List.copyOf(model.keySet())) {
        if (random.nextInt(3) == 0) {
          assertTrue(queue.stop(alarm));
          model.remove(alarm);
          assertTrue(alarm.index >= 0, "it is a large heap");
        }
      }
      queue.tidy();
      assertFalse(queue.isUntidy(), "some are left");
      long before = 0;
      for (Alarm due = queue.pollDue(1_000, false); due != null; due = queue.pollDue(1_000, true)) {
        long deadline = model.remove(due);
        assertTrue(deadline >= before, "seed " + seed);
        before = deadline;
      }
      assertTrue(model.isEmpty() && queue.isQuiet(), "seed " + seed);
    }
  }

  private List<WeakReference<Alarm>> startAndStop(int count) {
    List<WeakReference<Alarm>> stopped = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Alarm alarm = alarm();
      queue.start(alarm, Clock.NEVER - 1 - i);
      assertTrue(queue.stop(alarm));
      assertFalse(queue.stop(alarm));
      stopped.add(new WeakReference<>(alarm));
    }
    return stopped;
  }

  @Test
  void anAlarmThatIsGoingOffIsNotQuiet() {
    queue.start(alarm(), 1);
    assertFalse(queue.isQuiet());
    queue.pollDue(1, false);
    assertFalse(queue.isQuiet());
    assertNull(queue.pollDue(1, true));
    assertTrue(queue.isQuiet());
  }

  private static Alarm alarm() {
    return new Alarm() {
      @Override
      void goOff() {}
    };
  }
}
