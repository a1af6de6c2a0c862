package io.heddle.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What to measure, and for how long.
 *
 * @param peers the contenders, in the order of the columns
 * @param filter selects the rows whose names contain a match
 * @param quick measures a selection of rows, in fewer and shorter rounds
 * @param procs GOMAXPROCS of every peer
 * @param jvmFlags flags for every peer on the JVM
 * @param memory whether to block ten million goroutines on Heddle, too
 */
public record Plan(
    List<Contender> peers,
    Pattern filter,
    boolean quick,
    int procs,
    List<String> jvmFlags,
    boolean memory) {

  static final int MILLION = 1_000_000;

  /** The intended duration of a measured round. */
  Duration roundTime() {
    return Duration.ofMillis(quick ? 30 : 100);
  }

  /** The intended duration of a warm-up round: a JIT compiler needs the same time with --quick. */
  Duration warmUpTime() {
    return Duration.ofMillis(100);
  }

  /** The time for all rows; the last rows have fewer rounds if the first ones were slow. */
  Duration budget() {
    return quick ? Duration.ofSeconds(55) : Duration.ofMinutes(11);
  }

  /** Go is compiled before it runs, so one round suffices to fill the caches. */
  int warmUps(Contender peer) {
    return peer.isJava() ? warmUps() : 1;
  }

  int warmUps() {
    return quick ? 4 : 5;
  }

  /** The highest number of measured rounds. */
  int rounds() {
    return quick ? 5 : 10;
  }

  /** The number of rounds after which a steady row is finished. */
  int fewestRounds() {
    return 4;
  }

  boolean includes(String name) {
    return filter.matcher(name).find() && (!quick || Rows.isQuick(name));
  }

  /** The numbers of goroutines to block, one after the other. */
  List<Integer> parked(Contender peer) {
    if (!filter.matcher("memory").find()) {
      return List.of();
    }
    if (quick) {
      return List.of(MILLION / 10);
    }
    return memory && peer == Contender.HEDDLE ? List.of(MILLION, 10 * MILLION) : List.of(MILLION);
  }

  /** The number of pending timers; none for a peer without comparable timers. */
  int pendingTimers(Contender peer) {
    if (!filter.matcher("timers").find() || !(peer.isHeddle() || peer == Contender.GO)) {
      return 0;
    }
    return quick ? MILLION / 10 : MILLION;
  }

  /** Whether nothing is measured for a peer if none of its rows is selected. */
  boolean isDoneWithoutRows(Contender peer) {
    return parked(peer).isEmpty() && pendingTimers(peer) == 0;
  }

  /** The same plan for the peers that are available. */
  Plan with(List<Contender> present) {
    return new Plan(present, filter, quick, procs, jvmFlags, memory);
  }

  /** The flags of every JVM. */
  List<String> allJvmFlags() {
    List<String> flags = new ArrayList<>(jvmFlags);
    flags.add("-XX:ActiveProcessorCount=" + procs);
    return flags;
  }
}
