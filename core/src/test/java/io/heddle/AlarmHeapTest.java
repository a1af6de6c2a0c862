package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The heap against a list. */
final class AlarmHeapTest {
  @Test
  void anEmptyHeapHasNoFirst() {
    AlarmHeap heap = new AlarmHeap();
    assertNull(heap.first());
    assertEquals(0, heap.size());
    assertFalse(heap.remove(alarm()));
  }

  @Test
  void anAlarmOfAnotherHeapIsNotRemoved() {
    AlarmHeap one = new AlarmHeap();
    AlarmHeap other = new AlarmHeap();
    Alarm mine = alarm();
    Alarm foreign = alarm();
    one.add(mine, 1);
    other.add(foreign, 1);
    assertFalse(one.remove(foreign));
    assertTrue(one.remove(mine));
    assertFalse(one.remove(mine));
  }

  @Test
  void alarmsThatWereClearedOutAreGarbage() {
    AlarmHeap heap = new AlarmHeap();
    List<WeakReference<Alarm>> cleared = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Alarm alarm = alarm();
      heap.add(alarm, i);
      cleared.add(new WeakReference<>(alarm));
    }
    heap.retain(alarm -> false);
    TestSupport.awaitCollected(
        "the alarms", () -> cleared.stream().allMatch(reference -> reference.refersTo(null)));
    assertEquals(0, heap.size());
  }

  /** Few different deadlines make many equal ones, many make few. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 40, Integer.MAX_VALUE})
  void theFirstHasTheEarliestDeadlineWhateverIsAddedAndRemoved(int deadlines) {
    for (long seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      AlarmHeap heap = new AlarmHeap();
      List<Alarm> model = new ArrayList<>();
      for (int step = 0; step < 1_000; step++) {
        boolean grow = random.nextInt(1_000) > step; // first it grows, then it shrinks
        if (grow || model.isEmpty()) {
          Alarm alarm = alarm();
          heap.add(alarm, random.nextInt(deadlines));
          model.add(alarm);
        } else if (random.nextInt(4) == 0) {
          heap.move(model.get(random.nextInt(model.size())), random.nextInt(deadlines));
        } else if (random.nextInt(100) == 0) {
          long least = random.nextInt(deadlines);
          heap.retain(alarm -> alarm.key >= least);
          model.removeIf(alarm -> alarm.key < least);
        } else if (random.nextBoolean()) {
          Alarm alarm = model.remove(random.nextInt(model.size()));
          assertTrue(heap.remove(alarm));
          assertEquals(-1, alarm.index);
        } else {
          Alarm first = heap.first();
          assertNotNull(first);
          assertTrue(heap.remove(first));
          assertTrue(model.remove(first));
          assertTrue(model.stream().allMatch(a -> a.key >= first.key));
        }
        assertEquals(model.size(), heap.size());
      }
      assertEquals(sorted(model), drained(heap), "seed " + seed);
    }
  }

  @Test
  void theEarliestAndTheLatestDeadlinesAreKeptInOrder() {
    AlarmHeap heap = new AlarmHeap();
    List<Long> deadlines = List.of(Clock.NEVER, 0L, Clock.NEVER - 1, 5L, Clock.NEVER, 1L);
    deadlines.forEach(d -> heap.add(alarm(), d));
    assertEquals(deadlines.stream().sorted().toList(), drained(heap));
  }

  @Test
  void aHundredThousandAreSorted() {
    AlarmHeap heap = new AlarmHeap();
    List<Long> deadlines = new ArrayList<>();
    for (long i = 0; i < 100_000; i++) {
      deadlines.add(i);
    }
    List<Long> shuffled = new ArrayList<>(deadlines);
    Collections.shuffle(shuffled, new Random(1));
    shuffled.forEach(d -> heap.add(alarm(), d));
    assertEquals(deadlines, drained(heap));
  }

  private static Alarm alarm() {
    return new Alarm() {
      @Override
      void goOff() {}
    };
  }

  private static List<Long> sorted(List<Alarm> alarms) {
    return alarms.stream().map(a -> a.key).sorted().toList();
  }

  private static List<Long> drained(AlarmHeap heap) {
    List<Long> deadlines = new ArrayList<>();
    for (Alarm first = heap.first(); first != null; first = heap.first()) {
      assertTrue(heap.remove(first));
      deadlines.add(first.key);
    }
    assertEquals(0, heap.size());
    return deadlines;
  }
}
