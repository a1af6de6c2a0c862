package io.heddle.evidence.soak;

import io.heddle.Go;
import io.heddle.Goroutines;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * The load: one shift after the other, under interrupts, with other threads that compute and that
 * make garbage. After each shift all laws are checked and the remaining memory is measured.
 *
 * <pre>java -Xmx256m … io.heddle.evidence.soak.Soak SECONDS [SECONDS of a shift]</pre>
 */
public final class Soak {
  private static final int FEWEST_SAMPLES = 5;
  private static final long LEAVING_NANOS = 10_000_000_000L;
  private static final long INTERRUPT_NANOS = 300_000;

  private final List<Supplier<Station>> stations;
  private final Duration shift;
  private final List<Long> heap = new ArrayList<>();
  private final long[] done;
  private long interrupts;

  Soak(List<Supplier<Station>> stations, Duration shift) {
    this.stations = stations;
    this.shift = shift;
    this.done = new long[stations.size()];
  }

  /**
   * Runs the load.
   *
   * @param args for how many seconds, and how long a shift is
   * @throws InterruptedException if the thread is interrupted
   */
  public static void main(String[] args) throws InterruptedException {
    Duration time = Duration.ofSeconds(Long.parseLong(args[0]));
    Duration shift = Duration.ofSeconds(args.length > 1 ? Long.parseLong(args[1]) : 10);
    System.out.println(all(shift).run(time, true));
  }

  /** The load over all primitives. */
  static Soak all(Duration shift) {
    return new Soak(List.of(Relay::new, Vault::new, Nursery::new), shift);
  }

  /**
   * Runs shifts for some time.
   *
   * @return a summary in one line
   * @throws AssertionError if a law is broken, memory grows, or a goroutine or a thread is left
   */
  String run(Duration time, boolean verbose) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    int goroutines = Goroutines.count();
    SplittableRandom random = new SplittableRandom(System.nanoTime());
    int threads = 0;
    List<Thread> contenders = List.of(contender(this::compute), contender(this::litter));
    contenders.forEach(Thread::start);
    try {
      do {
        shift(random.split());
        Station.require(comesTo(goroutines), "goroutines are left:%n%s", Goroutines.dump());
        heap.add(usedAfterCollection());
        if (heap.size() == 2) {
          threads = threads(); // by now every thread is there that there ever will be
        }
        if (verbose) {
          System.out.println(summary());
        }
      } while (System.nanoTime() < end);
    } finally {
      contenders.forEach(Thread::interrupt);
    }
    Station.require(
        Arrays.stream(done).allMatch(work -> work > 0),
        "some did nothing: %s",
        Arrays.toString(done));
    requireFlat(heap);
    int now = threads();
    Station.require(heap.size() < 4 || now <= threads + 2, "%d threads, first %d", now, threads);
    return summary();
  }

  /** Who has ended, and been waited for, is counted for a moment longer. */
  private static boolean comesTo(int goroutines) {
    long end = System.nanoTime() + LEAVING_NANOS;
    while (Goroutines.count() != goroutines && System.nanoTime() < end) {
      Go.gosched();
    }
    return Goroutines.count() == goroutines;
  }

  private void shift(SplittableRandom random) throws InterruptedException {
    Shift load = new Shift(random);
    List<Station> open = stations.stream().map(Supplier::get).toList();
    open.forEach(station -> station.open(load));
    long end = System.nanoTime() + shift.toNanos();
    while (System.nanoTime() < end) {
      load.interruptOne();
      LockSupport.parkNanos(INTERRUPT_NANOS);
    }
    load.end();
    for (int i = 0; i < open.size(); i++) {
      open.get(i).close();
      done[i] += open.get(i).done();
    }
    interrupts += load.interrupts();
  }

  /** Checks that the memory in the last quarter is not more than in the second. */
  static void requireFlat(List<Long> heap) {
    int quarter = heap.size() / 4;
    if (quarter >= FEWEST_SAMPLES) { // fewer say more of who else is in this JVM
      long early = median(heap.subList(quarter, 2 * quarter));
      long late = median(heap.subList(heap.size() - quarter, heap.size()));
      Station.require(
          late <= early + early / 10 + 1_000_000,
          "memory grows from %,d to %,d bytes",
          early,
          late);
    }
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  private static long usedAfterCollection() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static int threads() {
    return ManagementFactory.getThreadMXBean().getThreadCount();
  }

  private static Thread contender(Runnable work) {
    return Thread.ofPlatform()
        .daemon()
        .unstarted(() -> {
          while (!Thread.currentThread().isInterrupted()) {
            work.run();
          }
        });
  }

  private long sink;

  /** Keeps a processor busy for a while, and then lets it go. */
  private void compute() {
    SplittableRandom random = new SplittableRandom(sink);
    for (int i = 0; i < 1_000_000; i++) {
      sink += random.nextLong();
    }
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
  }

  /** Makes some megabytes of garbage, part of which lives for a while. */
  private void litter() {
    List<byte[]> old = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      byte[] young = new byte[20_000];
      if (i % 10 == 0) {
        old.add(young);
      }
    }
    sink += old.size();
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
  }

  private String summary() {
    return String.format(
        Locale.ROOT,
        "%d shifts, units of work %s, %,d interrupts, %,d to %,d bytes after collections",
        heap.size(),
        Arrays.toString(done),
        interrupts,
        heap.stream().min(Long::compare).orElse(0L),
        heap.stream().max(Long::compare).orElse(0L));
  }
}
