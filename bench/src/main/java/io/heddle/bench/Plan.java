package io.heddle.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What to run, and how long.
 *
 * @param peers who takes part, in the order of the columns
 * @param filter which rows: those whose name has a match
 * @param quick a selection of rows, in fewer and shorter rounds
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

  /** How long a round that counts is to take. */
  Duration roundTime() {
    return Duration.ofMillis(quick ? 30 : 100);
  }

  /** How long a round to warm up is to take: a JIT compiler needs as long with --quick. */
  Duration warmUpTime() {
    return Duration.ofMillis(100);
  }

  /** How long all rows may take; the last ones make do with fewer rounds if the first were slow. */
  Duration budget() {
    return quick ? Duration.ofSeconds(55) : Duration.ofMinutes(11);
  }

  /** Go compiles before it runs: one round fills its caches. */
  int warmUps(Contender peer) {
    return peer.isJava() ? warmUps() : 1;
  }

  int warmUps() {
    return quick ? 4 : 5;
  }

  /** At most so many rounds count. */
  int rounds() {
    return quick ? 5 : 10;
  }

  /** After so many rounds a row is over if it has been steady. */
  int fewestRounds() {
    return 4;
  }

  boolean includes(String name) {
    return filter.matcher(name).find() && (!quick || Rows.isQuick(name));
  }

  /** How many goroutines to block, one number after another. */
  List<Integer> parked(Contender peer) {
    if (!filter.matcher("memory").find()) {
      return List.of();
    }
    if (quick) {
      return List.of(MILLION / 10);
    }
    return memory && peer == Contender.HEDDLE ? List.of(MILLION, 10 * MILLION) : List.of(MILLION);
  }

  /** How many timers to have pending; none for a peer that has nothing to compare. */
  int pendingTimers(Contender peer) {
    if (!filter.matcher("timers").find() || !(peer.isHeddle() || peer == Contender.GO)) {
      return 0;
    }
    return quick ? MILLION / 10 : MILLION;
  }

  /** Whether a peer has nothing to measure if none of its rows is included. */
  boolean isDoneWithoutRows(Contender peer) {
    return parked(peer).isEmpty() && pendingTimers(peer) == 0;
  }

  /** The same for those peers that are there. */
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
