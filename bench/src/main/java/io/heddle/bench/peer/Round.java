package io.heddle.bench.peer;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * One timed round of a workload, with a number of operations: the counterpart of Go's {@code
 * testing.B}.
 */
public final class Round {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** A goroutine of RunParallel takes as many iterations at once as fit into this time. */
  private static final double GRAIN_NANOS = 100_000;

  private static final long MAX_GRAIN = 10_000;

  private final Peer peer;
  private final long n;
  private final int procs;
  private final double expectedNanosPerOp;

  private boolean running;
  private long started;
  private long startedBytes;
  private long nanos;
  private long bytes;

  /** An expected time of 0 means that it is not known. */
  Round(Peer peer, long n, int procs, double expectedNanosPerOp) {
    this.peer = peer;
    this.n = n;
    this.procs = procs;
    this.expectedNanosPerOp = expectedNanosPerOp;
  }

  /** The number of operations: Go's {@code b.N}. */
  public long n() {
    return n;
  }

  /** The number of processors the peer may use. */
  public int procs() {
    return procs;
  }

  /** Resets the timer, after the preparation. */
  public void resetTimer() {
    nanos = 0;
    bytes = 0;
    running = false;
    startTimer();
  }

  /** Resumes the timer. */
  public void startTimer() {
    if (!running) {
      running = true;
      startedBytes = THREADS.getTotalThreadAllocatedBytes();
      started = System.nanoTime();
    }
  }

  /** Stops the timer, before the clean-up. */
  public void stopTimer() {
    if (running) {
      nanos += System.nanoTime() - started;
      bytes += THREADS.getTotalThreadAllocatedBytes() - startedBytes;
      running = false;
    }
  }

  long nanos() {
    return nanos;
  }

  long bytes() {
    return bytes;
  }

  /** Fails the round if the workload has a wrong result. */
  public void check(String name, long actual, long expected) {
    if (actual != expected) {
      throw new IllegalStateException(name + " is " + actual + " instead of " + expected);
    }
  }

  /** The code of one light thread of a {@link #runParallel}. */
  @FunctionalInterface
  public interface ParallelBody {
    /** Runs until there are no iterations left. */
    void run(Share share) throws Exception;
  }

  /** Divides the operations among as many light threads as there are processors. */
  public void runParallel(ParallelBody body) throws Exception {
    runParallel(1, body);
  }

  /** Divides the operations among light threads. */
  public void runParallel(int parallelism, ParallelBody body) throws Exception {
    Share.Supply supply = supply();
    peer.runAll(parallelism * procs, () -> body.run(new Share(supply)));
    supply.check();
  }

  /** The operations, to be divided by {@link Share}s: for a peer with a RunParallel of its own. */
  public Share.Supply supply() {
    double grain = expectedNanosPerOp == 0 ? 1 : GRAIN_NANOS / expectedNanosPerOp;
    return new Share.Supply(n, Math.clamp((long) grain, 1, MAX_GRAIN));
  }
}
