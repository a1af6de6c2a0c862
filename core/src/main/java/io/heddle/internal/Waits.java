package io.heddle.internal;

import io.heddle.jvm.Observers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Where goroutines wait, and for how long: a sample. A wait that lasts for at least the period is
 * always recorded. A shorter one is recorded with the probability of its part of the period, and
 * then counts for as many waits as it stands for, as in Go's block profile.
 */
public final class Waits {
  /** More stacks than this are not told from each other. */
  private static final int MOST_STACKS = 10_000;

  private static final StackTraceElement[] NO_STACK = {};

  /** Guarded by itself. */
  private static final Map<Site, double[]> SITES = new HashMap<>();

  /** Read without order: waits that a sample misses at its beginning or end do not matter. */
  private static long period;

  private Waits() {}

  private record Site(String reason, List<StackTraceElement> stack) {}

  /**
   * The waits at one place.
   *
   * @param reason what was waited for
   * @param stack the innermost frame first, Heddle's own frames included
   * @param count how many there were, extrapolated
   * @param nanos how long they took together, extrapolated
   */
  public record Sum(String reason, List<StackTraceElement> stack, double count, double nanos) {}

  /**
   * Whether waits are sampled.
   *
   * @return false in a JVM that was not started to be observed, which costs nothing
   */
  public static boolean areSampled() {
    return Observers.WANTED && period > 0;
  }

  /**
   * Begins a new sample, or ends sampling.
   *
   * @param nanos waits of this length are always recorded; 0 to end
   */
  public static void sample(long nanos) {
    synchronized (SITES) {
      SITES.clear();
      period = nanos;
    }
  }

  /**
   * Records the wait that the calling thread has just ended, or not, as chance decides. Never
   * fails: without memory or stack the wait is not recorded.
   *
   * @param reason what it waited for
   * @param nanos how long
   */
  public static void ended(Object reason, long nanos) {
    long full = period;
    long time = Math.max(1, nanos);
    if (full <= 0 || (time < full && ThreadLocalRandom.current().nextLong(full) >= time)) {
      return;
    }
    try {
      double weight = Math.max(1.0, (double) full / time);
      Site site = new Site(reason.toString(), Arrays.asList(new Throwable().getStackTrace()));
      synchronized (SITES) {
        if (SITES.size() >= MOST_STACKS && !SITES.containsKey(site)) {
          site = new Site(site.reason, Arrays.asList(NO_STACK));
        }
        double[] sums = SITES.computeIfAbsent(site, none -> new double[2]);
        sums[0] += weight;
        sums[1] += weight * time;
      }
    } catch (VirtualMachineError e) {
      // A sample must not make a wait fail.
    }
  }

  /**
   * What was recorded since sampling began.
   *
   * @return the sums of each place
   */
  public static List<Sum> sums() {
    List<Sum> sums = new ArrayList<>();
    synchronized (SITES) {
      SITES.forEach(
          (site, all) -> sums.add(new Sum(site.reason, List.copyOf(site.stack), all[0], all[1])));
    }
    return sums;
  }
}
