package io.heddle;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.SyncTestSupport.Call;
import io.heddle.SyncTestSupport.Caller;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BinaryOperator;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** That java.util.concurrent.atomic does what Go's sync/atomic does, under which names. */
@SuppressWarnings("UnnecessaryAsync") // what atomics do is the question
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class AtomicMappingTest {
  private static final long MAGIC = 0xdeddeadbeefbeefL;

  /** One of Go's integer types, as the JDK class that stands for it, widened to long. */
  interface Cell {
    long load();

    void store(long value);

    long swap(long value);

    long add(long delta);

    long and(long mask);

    long or(long mask);

    boolean compareAndSwap(long old, long value);
  }

  /** Go's name, and what the values mean: unsigned ones are the same bits read otherwise. */
  enum Type {
    INT32(32, bits -> (int) bits),
    UINT32(32, bits -> Integer.toUnsignedLong((int) bits)),
    INT64(64, bits -> bits),
    UINT64(64, bits -> bits),
    UINTPTR(64, bits -> bits);

    private final int size;

    @SuppressWarnings("ImmutableEnumChecker") // a lambda expression that captures nothing
    private final LongUnaryOperator value;

    Type(int size, LongUnaryOperator value) {
      this.size = size;
      this.value = value;
    }

    long value(long bits) {
      return value.applyAsLong(bits);
    }

    Cell cell() {
      return size == 32 ? new Cell32(this) : new Cell64();
    }
  }

  private static final class Cell32 implements Cell {
    private final AtomicInteger atomic = new AtomicInteger();
    private final Type type;

    Cell32(Type type) {
      this.type = type;
    }

    @Override
    public long load() {
      return type.value(atomic.get());
    }

    @Override
    public void store(long value) {
      atomic.set((int) value);
    }

    @Override
    public long swap(long value) {
      return type.value(atomic.getAndSet((int) value));
    }

    @Override
    public long add(long delta) {
      return type.value(atomic.addAndGet((int) delta));
    }

    @Override
    public long and(long mask) {
      return type.value(atomic.getAndUpdate(old -> old & (int) mask));
    }

    @Override
    public long or(long mask) {
      return type.value(atomic.getAndUpdate(old -> old | (int) mask));
    }

    @Override
    public boolean compareAndSwap(long old, long value) {
      return atomic.compareAndSet((int) old, (int) value);
    }
  }

  private static final class Cell64 implements Cell {
    private final AtomicLong atomic = new AtomicLong();

    @Override
    public long load() {
      return atomic.get();
    }

    @Override
    public void store(long value) {
      atomic.set(value);
    }

    @Override
    public long swap(long value) {
      return atomic.getAndSet(value);
    }

    @Override
    public long add(long delta) {
      return atomic.addAndGet(delta);
    }

    @Override
    public long and(long mask) {
      return atomic.getAndUpdate(old -> old & mask);
    }

    @Override
    public long or(long mask) {
      return atomic.getAndUpdate(old -> old | mask);
    }

    @Override
    public boolean compareAndSwap(long old, long value) {
      return atomic.compareAndSet(old, value);
    }
  }

  @Nested
  class Integers {
    @ParameterizedTest
    @EnumSource
    void loadReadsWhatStoreAndSwapWrote(Type type) {
      Cell cell = type.cell();
      assertEquals(0, cell.load(), "the zero value");
      cell.store(MAGIC);
      assertEquals(type.value(MAGIC), cell.load());
      for (long delta = 1; delta + delta > delta; delta += delta) {
        long before = cell.load();
        assertEquals(before, cell.swap(delta), "swap returns the old value");
        assertEquals(type.value(delta), cell.load());
      }
    }

    @ParameterizedTest
    @EnumSource
    void addReturnsTheNewValueAndWrapsAround(Type type) {
      Cell cell = type.cell();
      long sum = 0;
      for (long delta = 1; delta + delta > delta; delta += delta) {
        sum += delta;
        assertEquals(type.value(sum), cell.add(delta));
      }
      cell.store(-1);
      assertEquals(0, cell.add(1), "of the largest unsigned value");
      assertEquals(type.value(-1), cell.add(-1), "below zero");
    }

    @Test
    void unsignedValuesPrintAndCompareThroughTheStaticMethods() {
      assertEquals(4_294_967_295L, Type.UINT32.value(-1));
      assertEquals("18446744073709551615", Long.toUnsignedString(new AtomicLong(-1).get()));
      assertTrue(Long.compareUnsigned(-1, 1) > 0);
    }

    @ParameterizedTest
    @EnumSource
    void andAndOrReturnTheOldValue(Type type) {
      Cell cell = type.cell();
      cell.store(-1);
      long bits = -1;
      for (long mask = 1; mask != 0; mask <<= 1) {
        assertEquals(type.value(bits), cell.and(~mask));
        bits &= ~mask;
        assertEquals(type.value(bits), cell.load());
      }
      for (long mask = 1; mask != 0; mask <<= 1) {
        assertEquals(type.value(bits), cell.or(mask));
        bits |= mask;
        assertEquals(type.value(bits), cell.load());
      }
    }

    @ParameterizedTest
    @EnumSource
    void compareAndSwapWritesOnlyOverTheOldValue(Type type) {
      Cell cell = type.cell();
      for (long value = 1; value + value > value; value += value) {
        cell.store(value);
        if (type.value(value) != 0) {
          assertFalse(cell.compareAndSwap(0, MAGIC));
        }
        assertTrue(cell.compareAndSwap(value, value + 1));
        assertEquals(type.value(value + 1), cell.load());
        assertFalse(cell.compareAndSwap(value, MAGIC));
      }
    }

    @ParameterizedTest
    @EnumSource
    void hammeredByFourNothingIsLost(Type type) throws Exception {
      Cell added = type.cell();
      Cell swapped = type.cell();
      Cell compared = type.cell();
      hammer(
          Caller.PLATFORM_THREAD,
          4,
          20_000,
          () -> {
            added.add(1);
            // A swap must never tear: both halves of what is in there are equal.
            long old = swapped.load();
            long half = type.size / 2;
            long low = old & ((1L << half) - 1);
            assertEquals(low, (old >>> half) & ((1L << half) - 1));
            swapped.swap(((low + 1) & 0xff) << half | ((low + 1) & 0xff));
            while (true) {
              long seen = compared.load();
              if (compared.compareAndSwap(seen, seen + 1)) {
                break;
              }
            }
          });
      assertEquals(80_000, added.load());
      assertEquals(80_000, compared.load());
    }

    @Test
    void aBoolIsAnAtomicBoolean() {
      AtomicBoolean atomic = new AtomicBoolean();
      assertFalse(atomic.get());
      assertFalse(atomic.getAndSet(true));
      assertTrue(atomic.get());
      assertFalse(atomic.compareAndSet(false, true));
      assertTrue(atomic.compareAndSet(true, false));
    }
  }

  @Nested
  class Pointers {
    @Test
    void aPointerIsAnAtomicReferenceThatStartsWithNull() {
      AtomicReference<Object> atomic = new AtomicReference<>();
      Object first = new Object();
      Object second = new Object();
      assertNull(atomic.get());
      atomic.set(first);
      assertSame(first, atomic.getAndSet(second));
      assertFalse(atomic.compareAndSet(first, null));
      assertTrue(atomic.compareAndSet(second, null));
      assertNull(atomic.get());
    }
  }

  /** Go's atomic.Value: an AtomicReference, except that its compare-and-swap asks equals. */
  @Nested
  class Values {
    @Test
    void holdWhatWasStoredLast() {
      AtomicReference<Object> value = new AtomicReference<>();
      assertNull(value.get());
      for (Object stored : List.of(42, 84, "foo", "barbaz")) {
        value.set(stored);
        assertEquals(stored, value.get());
      }
      assertEquals("barbaz", value.getAndSet("x"), "swap returns the old value");
    }

    @Test
    void compareAndSetAsksForIdentitySoLoopOverEqualsWhereGoComparesValues() {
      record Point(int x, int y) {}

      AtomicReference<Point> value = new AtomicReference<>(new Point(1, 2));
      assertFalse(value.compareAndSet(new Point(1, 2), new Point(3, 4)));
      assertFalse(compareAndSwap(value, new Point(9, 9), new Point(3, 4)));
      assertTrue(compareAndSwap(value, new Point(1, 2), new Point(3, 4)));
      assertEquals(new Point(3, 4), value.get());
      AtomicReference<Point> empty = new AtomicReference<>();
      assertTrue(empty.compareAndSet(null, new Point(1, 2)));
      assertFalse(compareAndSwap(empty, null, new Point(3, 4)));
    }

    private static <T> boolean compareAndSwap(AtomicReference<T> value, T old, T fresh) {
      while (true) {
        T seen = value.get();
        if (seen == null ? old != null : !seen.equals(old)) {
          return false;
        }
        if (value.compareAndSet(seen, fresh)) {
          return true;
        }
      }
    }

    @Test
    void onlyStoredValuesAreEverSeen() throws Exception {
      List<List<Object>> all =
          List.of(List.of(1, 2, 3), List.of("a", "b", "c"), List.of(1.5, 2.5, 3.5));
      for (List<Object> stored : all) {
        AtomicReference<Object> value = new AtomicReference<>(stored.getFirst());
        hammer(
            Caller.VIRTUAL_THREAD,
            8,
            10_000,
            () -> {
              value.set(stored.get(ThreadLocalRandom.current().nextInt(stored.size())));
              assertTrue(stored.contains(value.get()));
            });
      }
    }

    @Test
    void aThousandGoroutinesStepItByCompareAndSwap() throws Exception {
      AtomicReference<Integer> value = new AtomicReference<>(0);
      BinaryOperator<Integer> sum = Integer::sum;
      hammer(Caller.GOROUTINE, 1000, 20, () -> value.accumulateAndGet(1, sum));
      assertEquals(20_000, value.get());
    }
  }

  @Nested
  class Order {
    /** Dekker's: two threads write and then look at the other's write; one at least sees it. */
    @ParameterizedTest
    @EnumSource(names = {"INT32", "INT64"})
    void storesAndLoadsAreSequentiallyConsistent(Type type) throws Exception {
      Cell[] cells = {type.cell(), type.cell()};
      int rounds = 2000;
      int[][] saw = new int[2][rounds];
      CyclicBarrier barrier = new CyclicBarrier(2);
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        int me = i;
        calls.add(
            Caller.PLATFORM_THREAD.start(() -> {
              for (int round = 0; round < rounds; round++) {
                barrier.await();
                cells[me].store(round + 1);
                saw[me][round] = cells[1 - me].load() == round + 1 ? 1 : 0;
              }
            }));
      }
      for (Call call : calls) {
        call.join();
      }
      for (int round = 0; round < rounds; round++) {
        assertNotEquals(0, saw[0][round] + saw[1][round], "round " + round);
      }
    }

    /**
     * A ring of plain fields. The threads need not take turns for each value, which would take a
     * time slice of every other process on a busy machine.
     */
    @Test
    void whatWasWrittenBeforeAStoreIsSeenAfterItsLoad() throws Exception {
      int values = 20_000;
      int[] ring = new int[128];
      AtomicInteger written = new AtomicInteger();
      AtomicInteger read = new AtomicInteger();
      Call writer =
          Caller.PLATFORM_THREAD.start(() -> {
            for (int i = 0; i < values; i++) {
              while (i - read.get() == ring.length) {
                Go.gosched();
              }
              ring[i % ring.length] = i;
              written.set(i + 1);
            }
          });
      Call reader =
          Caller.PLATFORM_THREAD.start(() -> {
            for (int i = 0; i < values; i++) {
              while (written.get() == i) {
                Go.gosched();
              }
              assertEquals(i, ring[i % ring.length]);
              read.set(i + 1);
            }
          });
      writer.join();
      reader.join();
    }
  }

  private static void hammer(Caller caller, int callers, int times, Runnable step)
      throws Exception {
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      calls.add(
          caller.start(() -> {
            for (int n = 0; n < times; n++) {
              step.run();
            }
          }));
    }
    assertAll(calls.stream().map(call -> call::join));
  }
}
