package io.heddle.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Of one ring: in this JVM, which is not observed, nothing else records. */
@Timeout(60)
final class RecorderTest {
  private static final int ENTRIES = 64;
  private static final int EVENT_SHIFT = 56;
  private static final long WAKE = (long) Recorder.WAKE << EVENT_SHIFT;

  /** A ring with a clock of its own. */
  private static final class TestRing extends Recorder.Ring {
    long now = 1_000_000;
    long pace;
    int readings;

    TestRing() {
      super(null, null, ENTRIES);
    }

    @Override
    long now() {
      readings++;
      return now;
    }

    void addAll(int count) {
      for (int i = 0; i < count; i++) {
        now += pace;
        add(WAKE, i);
      }
    }
  }

  private static boolean isTime(long first) {
    return first >>> EVENT_SHIFT == Recorder.TIME;
  }

  /** The subjects of the events. */
  private static List<Long> subjects(long[] entries) {
    List<Long> subjects = new ArrayList<>();
    for (int i = 0; i < entries.length; i += 2) {
      if (!isTime(entries[i])) {
        subjects.add(entries[i + 1]);
      }
    }
    return subjects;
  }

  @Test
  void aJvmThatIsNotObservedRecordsNothing() {
    assertFalse(Recorder.begin(1 << 20));
    assertFalse(Recorder.isOn());
    Recorder.record(Recorder.WAKE, 1, 2);
    assertTrue(Recorder.tracks().isEmpty());
  }

  @Test
  void anEventOfAGoroutineHasANumberAndAnArgument() {
    assertEquals(0x3_05, Recorder.numbered(3, 5));
  }

  @Test
  void anEventThatComesAloneHasItsTime() {
    TestRing ring = new TestRing();
    ring.pace = 10_000;
    ring.addAll(5);
    long[] entries = ring.copy();
    assertEquals(20, entries.length, "a time and an event each");
    for (int i = 0; i < 5; i++) {
      assertTrue(isTime(entries[4 * i]));
      assertEquals(1_000_000 + 10_000 * (i + 1), entries[4 * i + 1]);
      assertEquals(WAKE, entries[4 * i + 2]);
      assertEquals(i, entries[4 * i + 3]);
    }
  }

  @Test
  void ofEventsInQuickSuccessionEverySixteenthHasItsTime() {
    TestRing ring = new TestRing();
    ring.pace = 100;
    ring.addAll(1 + 16 * 10);
    assertTrue(ring.readings <= 12, "readings of the clock: " + ring.readings);
    assertTrue(ring.readings >= 10, "readings of the clock: " + ring.readings);
    ring.pace = 10_000; // and when they come slowly again, each has
    ring.addAll(16);
    int before = ring.readings;
    ring.addAll(10);
    assertEquals(before + 10, ring.readings);
  }

  @Test
  void theLastEventsStay() {
    TestRing ring = new TestRing();
    ring.pace = 10_000;
    ring.addAll(1_000);
    long[] entries = ring.copy();
    assertEquals(2 * (ENTRIES - 1), entries.length, "the writer may be at work on one");
    List<Long> subjects = subjects(entries);
    for (int i = 0; i < subjects.size(); i++) {
      assertEquals(1_000 - subjects.size() + i, subjects.get(i));
    }
  }

  /** Entries whose two longs belong together, and whose numbers rise. */
  @Test
  void aReaderSeesWholeEntriesWhileTheOwnerWrites() throws InterruptedException {
    Recorder.Ring ring = new Recorder.Ring(null, null, ENTRIES);
    Thread writer =
        Thread.ofPlatform()
            .start(() -> {
              for (long i = 0; i < 300_000; i++) {
                ring.add(WAKE | i, ~i);
              }
            });
    while (writer.isAlive()) {
      long[] entries = ring.copy();
      long before = -1;
      for (int i = 0; i < entries.length; i += 2) {
        if (!isTime(entries[i])) {
          long number = entries[i] & ~(0xffL << EVENT_SHIFT);
          assertEquals(~number, entries[i + 1], "torn");
          assertTrue(before < 0 || number == before + 1, number + " after " + before);
          before = number;
        }
      }
    }
    writer.join();
    assertEquals(299_999L, ~subjects(ring.copy()).getLast());
  }
}
