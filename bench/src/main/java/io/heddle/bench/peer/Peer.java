package io.heddle.bench.peer;

import java.util.Optional;

/** One of those that are compared, as far as the harness has to know it. */
public interface Peer {

  /** Code of a workload, run in one of the peer's own light threads. */
  @FunctionalInterface
  interface Task {
    /** Runs. */
    void run() throws Exception;
  }

  /** What it can run. */
  Workloads workloads();

  /** Runs the task as this peer's programs run: for a peer with light threads, in one of them. */
  void enter(Task task) throws Exception;

  /** Runs the task in as many light threads as asked for, and waits until all have ended. */
  void runAll(int threads, Task task) throws Exception;

  /** Blocks many light threads and lets them go again, to see how long both take. */
  Parked park(int threads, Task blocked) throws Exception;

  /** Asks how much memory the process has. */
  @FunctionalInterface
  interface Resident {
    /** The resident memory after a garbage collection; zero where the system does not tell. */
    long bytes() throws Exception;
  }

  /**
   * Has many timers pending at once, to see what that takes; empty for a peer that has no timers to
   * compare.
   */
  default Optional<TimerFigures> timers(int timers, Resident resident) throws Exception {
    return Optional.empty();
  }

  /**
   * How long {@link #park} took.
   *
   * @param startNanos from the start of the first until all are blocked
   * @param wakeNanos from the release until all have ended
   */
  record Parked(long startNanos, long wakeNanos) {}
}
