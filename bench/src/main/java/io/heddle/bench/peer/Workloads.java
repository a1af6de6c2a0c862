package io.heddle.bench.peer;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/** A peer's workloads, by name, in the order of the report. */
public final class Workloads {

  /** A workload: executes the round's number of operations, and checks their result. */
  @FunctionalInterface
  public interface Body {
    /**
     * Runs a round.
     *
     * @param round the number of operations, and the timer
     * @throws Exception if it fails; the round does not count
     */
    void run(Round round) throws Exception;
  }

  private final Map<String, Body> bodies = new LinkedHashMap<>();

  /** Starts without any workload. */
  public Workloads() {}

  /**
   * Adds a workload.
   *
   * @param name its name, the same in every peer
   */
  public Workloads add(String name, Body body) {
    if (bodies.put(name, body) != null) {
      throw new IllegalArgumentException("two workloads are called " + name);
    }
    return this;
  }

  SequencedMap<String, Body> all() {
    return new LinkedHashMap<>(bodies);
  }
}
