package io.heddle.internal;

import io.heddle.jvm.Observers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Where goroutines wait, and for how long: a sample. A wait that lasts for at least the period is
 * always recorded. A shorter one is recorded with the probability of its part of the period, and
 * then counts for as many waits as it stands for, as in Go's block profile.
 *
 * <p>A wait for a lock is also recorded for the goroutine that held it, at the place where that one
 * unlocked it, as in Go's mutex profile.
 */
public final class Waits {
  /** More stacks than this are not told from each other. */
  static final int MOST_STACKS = 10_000;

  /** By the stacks of those who waited. Guarded by itself. */
  private static final Map<Site, double[]> SITES = new HashMap<>();

  /** By the stacks of the unlock operations that ended the waits. Guarded by {@link #SITES}. */
  private static final Map<Site, double[]> UNLOCKS = new HashMap<>();

  /** Read without order: waits that a sample misses at its beginning or end do not matter. */
  private static long period;

  private Waits() {}

  private record Site(String reason, List<StackTraceElement> stack) {}

  /** Has the stack of an unlock. It is never thrown. */
  private static final class Unlock extends Throwable {
    private static final long serialVersionUID = 1;

    Unlock() {
      super(null, null, false, true);
    }
  }

  /**
   * The waits at one place.
   *
   * @param reason the awaited operation
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
   * @return false in a JVM that was not started to be observed: there are no waits in the sample
   */
  public static boolean sample(long nanos) {
    synchronized (SITES) {
      SITES.clear();
      UNLOCKS.clear();
      period = nanos;
    }
    return Observers.WANTED;
  }

  /**
   * Notes where the calling goroutine unlocks something that others wait for. Only the stack is
   * taken; whether it is recorded is decided by who waited, as only that one knows for how long.
   *
   * @return for {@link #ended}; null if there is no memory or stack for it
   */
  public static @Nullable Object unlocking() {
    try {
      return new Unlock();
    } catch (VirtualMachineError e) {
      return null;
    }
  }

  /**
   * Records the wait that the calling thread has just ended, or not, as chance decides. Never
   * fails: without memory or stack the wait is not recorded.
   *
   * @param reason what it waited for
   * @param nanos how long
   * @param by what {@link #unlocking} returned to whoever ended the wait; anything else is ignored
   */
  public static void ended(Object reason, long nanos, @Nullable Object by) {
    long full = period;
    long time = Math.max(1, nanos);
    if (full <= 0 || (time < full && ThreadLocalRandom.current().nextLong(full) >= time)) {
      return;
    }
    try {
      double weight = Math.max(1.0, (double) full / time);
      add(SITES, reason.toString(), new Throwable(), weight, time);
      if (by instanceof Unlock unlock) {
        add(UNLOCKS, reason.toString(), unlock, weight, time);
      }
    } catch (VirtualMachineError e) {
      // A sample must not make a wait fail.
    }
  }

  private static void add(
      Map<Site, double[]> sites, String reason, Throwable place, double weight, long time) {
    // The first frame is that of the method of this class that took the stack.
    Site site = new Site(reason, Arrays.stream(place.getStackTrace()).skip(1).toList());
    synchronized (SITES) {
      if (sites.size() >= MOST_STACKS && !sites.containsKey(site)) {
        site = new Site(reason, List.of());
      }
      double[] sums = sites.computeIfAbsent(site, none -> new double[2]);
      sums[0] += weight;
      sums[1] += weight * time;
    }
  }

  /**
   * The waits recorded since sampling began, by the stacks of the waiters.
   *
   * @return the sums of each place
   */
  public static List<Sum> sums() {
    return sums(SITES);
  }

  /**
   * The waits for locks that were recorded since sampling began, by the stacks of those who
   * unlocked them.
   *
   * @return the sums of each place
   */
  public static List<Sum> unlocks() {
    return sums(UNLOCKS);
  }

  private static List<Sum> sums(Map<Site, double[]> sites) {
    List<Sum> sums = new ArrayList<>();
    synchronized (SITES) {
      sites.forEach(
          (site, all) -> sums.add(new Sum(site.reason, List.copyOf(site.stack), all[0], all[1])));
    }
    return sums;
  }
}
