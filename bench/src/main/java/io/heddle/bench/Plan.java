package io.heddle.bench;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What to run, and how long.
 *
 * @param peers who takes part, in the order of the columns
 * @param filter which rows: those whose name has a match
 * @param quick a selection of rows, in shorter rounds
 * @param procs GOMAXPROCS of every peer
 * @param jvmFlags flags for every peer on the JVM
 * @param memory whether to measure parked goroutines
 */
record Plan(
    List<Contender> peers,
    Pattern filter,
    boolean quick,
    int procs,
    List<String> jvmFlags,
    boolean memory) {

  /** How long a round is to take. */
  Duration roundTime() {
    return Duration.ofMillis(quick ? 30 : 100);
  }

  int warmUps() {
    return quick ? 3 : 5;
  }

  int rounds() {
    return quick ? 5 : 10;
  }
}
