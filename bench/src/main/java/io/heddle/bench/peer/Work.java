package io.heddle.bench.peer;

/**
 * The local work of Go's benchmarks: loops of multiplications and divisions that Go executes and a
 * JIT compiler would remove. Here they are loops that no compiler can remove, with the number of
 * turns adjusted so that they take as long as Go's.
 */
public final class Work {
  /** A hundred times {@code foo *= 2; foo /= 2}, in the channel, lock and wait group benchmarks. */
  public static final Work LOCAL = new Work();

  /** A thousand times {@code foo /= foo + 1}, in ChanSyncWork. */
  public static final Work SYNC = new Work();

  /** A hundred times {@code x /= x + 1}, in CommonParentCancel. */
  public static final Work CANCEL = new Work();

  private static long seed = System.nanoTime() | 1;

  /** Receives results that must not be optimised away. Rarely written, so never contended. */
  @SuppressWarnings("UnusedVariable") // its use is that it might be written
  private static volatile long sink;

  private int turns = 100;

  private Work() {}

  static Work named(String name) {
    return switch (name) {
      case "local" -> LOCAL;
      case "sync" -> SYNC;
      case "cancel" -> CANCEL;
      default -> throw new IllegalArgumentException("no local work is called " + name);
    };
  }

  /** Executes this work once. */
  public void run() {
    spin(turns);
  }

  private static void spin(int turns) {
    long x = seed;
    for (int i = 0; i < turns; i++) {
      x = x * 6364136223846793005L + i;
    }
    consume(x);
  }

  /** Uses a value, so that its computation cannot be removed. */
  public static void consume(long value) {
    if (value == 0x9E3779B97F4A7C15L) {
      sink = value;
    }
  }

  /** Sets the length of this work. */
  double calibrate(int turns) {
    this.turns = turns;
    int runs = Math.max(1, 20_000 / Math.max(1, turns));
    long best = Long.MAX_VALUE;
    // The minimum of many, because every disturbance makes a measurement longer.
    for (int trial = 0; trial < 2_000; trial++) {
      long start = System.nanoTime();
      for (int i = 0; i < runs; i++) {
        run();
      }
      best = Math.min(best, System.nanoTime() - start);
    }
    return (double) best / runs;
  }
}
