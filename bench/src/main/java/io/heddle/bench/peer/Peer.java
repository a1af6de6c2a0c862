package io.heddle.bench.peer;

import java.util.Optional;

/** A contender, as seen by the harness. */
public interface Peer {

  /** Code of a workload, run in one of the peer's own light threads. */
  @FunctionalInterface
  interface Task {
    /** Runs. */
    void run() throws Exception;
  }

  /** The workloads of this peer. */
  Workloads workloads();

  /** Runs the task in the peer's usual environment: for a peer with light threads, in one. */
  void enter(Task task) throws Exception;

  /** Runs the task in several light threads, and waits until all have ended. */
  void runAll(int threads, Task task) throws Exception;

  /** Blocks many light threads and releases them, to measure the duration of both. */
  Parked park(int threads, Task blocked) throws Exception;

  /** Measures the memory of the process. */
  @FunctionalInterface
  interface Resident {
    /** The resident memory after a garbage collection; zero on systems that do not report it. */
    long bytes() throws Exception;
  }

  /** Measures many pending timers; empty for a peer without comparable timers. */
  default Optional<TimerFigures> timers(int timers, Resident resident) throws Exception {
    return Optional.empty();
  }

  /**
   * The duration of {@link #park}.
   *
   * @param startNanos from the start of the first until all are blocked
   * @param wakeNanos from the release until all have ended
   */
  record Parked(long startNanos, long wakeNanos) {}
}
