package io.heddle.evidence.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.heddle.Go;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;

/** The JDK's atomics, which stand in for {@code sync/atomic}, in the hands of goroutines. */
final class AtomicLines {
  private AtomicLines() {}

  static Stream<Line> all() {
    return Stream.of(
        longs("AtomicAddInt64", s -> both(() -> s.addAndGet(1) == 2)),
        ints("AtomicAddInt32", s -> both(() -> s.addAndGet(1) == 2)),
        ints("AtomicLoadAddInt32", s -> until(() -> s.addAndGet(1), () -> s.get() == 1)),
        ints("AtomicLoadStoreInt32", s -> until(() -> s.set(1), () -> s.get() == 1)),
        ints("AtomicStoreCASInt32", s -> until(() -> s.set(1), () -> s.compareAndSet(1, 0))),
        ints("AtomicCASLoadInt32", s -> until(() -> swap(s), () -> s.get() == 1)),
        ints("AtomicCASCASInt32", s -> until(() -> swap(s), () -> s.compareAndSet(1, 0))),
        ints("AtomicCASCASInt32_2", s -> both(() -> !s.compareAndSet(0, 1))),
        longs("AtomicLoadInt64", s -> until(() -> s.addAndGet(1), () -> s.get() == 1)),
        longs(
            "AtomicCASCASUInt64",
            s -> until(() -> assertTrue(s.compareAndSet(0, 1)), () -> s.compareAndSet(1, 0))),
        longs("AtomicStoreCASUint64", s -> until(() -> s.set(1), () -> s.compareAndSet(1, 0))),
        new Line("AtomicLoadStorePointer", AtomicLines::pointer));
  }

  private static Line ints(String name, Function<AtomicInteger, Trial> trial) {
    return new Line(name, () -> trial.apply(new AtomicInteger()));
  }

  private static Line longs(String name, Function<AtomicLong, Trial> trial) {
    return new Line(name, () -> trial.apply(new AtomicLong()));
  }

  private static Trial both(Trial.Step step) {
    return Trial.either(step, step);
  }

  private static Trial until(Runnable release, BooleanSupplier acquired) {
    return Trial.of(
        release::run,
        () -> {
          while (!acquired.getAsBoolean()) {
            Go.gosched();
          }
        });
  }

  private static void swap(AtomicInteger state) {
    assertTrue(state.compareAndSet(0, 1));
  }

  /** What is in the object whose reference is read is seen, too. */
  private static Trial pointer() {
    AtomicReference<int[]> shared = new AtomicReference<>();
    return Trial.of(
        () -> shared.set(new int[] {1}),
        () -> {
          int[] seen = shared.get();
          while (seen == null) {
            Go.gosched();
            seen = shared.get();
          }
          assertEquals(1, seen[0]);
        });
  }
}
