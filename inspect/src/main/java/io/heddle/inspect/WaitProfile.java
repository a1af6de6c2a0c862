package io.heddle.inspect;

import io.heddle.internal.Inspection;
import io.heddle.internal.Waits;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Where goroutines have waited in Heddle, how often and for how long: Go's block profile. Or which
 * unlocks others have waited for: Go's mutex profile, whose stacks are those of the goroutines that
 * held the locks.
 *
 * @param duration for how long waits were sampled
 * @param sites the longest waits first
 */
public record WaitProfile(Duration duration, List<Site> sites) {
  /** Waits of a tenth of a millisecond are always recorded. */
  private static final long PERIOD_NANOS = 100_000;

  private static final ReentrantLock SAMPLING = new ReentrantLock();

  /**
   * Waits at one place.
   *
   * @param reason the awaited operation
   * @param stack the innermost frame first
   * @param count how many there were, extrapolated
   * @param nanos how long they took together, extrapolated
   */
  public record Site(String reason, List<StackTraceElement> stack, long count, long nanos) {
    /** Copies the stack. */
    public Site {
      stack = List.copyOf(stack);
    }
  }

  /** Copies the list. */
  public WaitProfile {
    sites = List.copyOf(sites);
  }

  /**
   * Samples where goroutines wait, and for how long, in the next time.
   *
   * @param duration for how long
   * @return the profile; it has one value for each place where goroutines waited
   * @throws InterruptedException if the thread is interrupted
   * @throws IllegalStateException if a sample is being taken already, or the JVM was not started to
   *     be observed
   */
  public static WaitProfile ofWaits(Duration duration) throws InterruptedException {
    return sample(duration, Waits::sums);
  }

  /**
   * Samples which unlocks of mutexes goroutines wait for, and for how long, in the next time.
   *
   * @param duration for how long
   * @return the profile; its stacks are those of the goroutines that held the locks, where they
   *     unlocked them
   * @throws InterruptedException if the thread is interrupted
   * @throws IllegalStateException if a sample is being taken already, or the JVM was not started to
   *     be observed
   */
  public static WaitProfile ofLocks(Duration duration) throws InterruptedException {
    return sample(duration, Waits::unlocks);
  }

  private static WaitProfile sample(Duration duration, Supplier<List<Waits.Sum>> sums)
      throws InterruptedException {
    if (!SAMPLING.tryLock()) {
      throw new IllegalStateException(
          "a sample of waits is being taken already: try again when that is done");
    }
    try {
      if (!Waits.sample(PERIOD_NANOS)) {
        throw new IllegalStateException("waits are not observed: start java with -Dheddle.inspect");
      }
      Thread.sleep(duration);
      return of(duration, sums.get());
    } finally {
      boolean _ = Waits.sample(0);
      SAMPLING.unlock();
    }
  }

  static WaitProfile of(Duration duration, List<Waits.Sum> sums) {
    Map<Map.Entry<String, List<StackTraceElement>>, double[]> merged = new HashMap<>();
    for (Waits.Sum sum : sums) {
      List<StackTraceElement> stack = Inspection.get().ownFrames(sum.stack());
      double[] both = merged.computeIfAbsent(Map.entry(sum.reason(), stack), none -> new double[2]);
      both[0] += sum.count();
      both[1] += sum.nanos();
    }
    return new WaitProfile(
        duration,
        merged.entrySet().stream()
            .map(one ->
                new Site(
                    one.getKey().getKey(),
                    one.getKey().getValue(),
                    Math.round(one.getValue()[0]),
                    Math.round(one.getValue()[1])))
            .sorted(Comparator.comparingLong(Site::nanos).reversed())
            .toList());
  }

  /**
   * The profile for {@code go tool pprof}, with the values {@code contentions} and {@code delay}.
   *
   * @return a compressed message of protocol buffers
   */
  public byte[] pprof() {
    Pprof pprof = new Pprof("contentions", "count", "delay", "nanoseconds");
    for (Site site : sites) {
      pprof.add(site.stack, Map.of("reason", site.reason), site.count, site.nanos);
    }
    return pprof.bytes(Time.unixNanos(), duration.toNanos());
  }

  /**
   * The profile as a flame graph: the width of a frame is how long was waited in it.
   *
   * @return an image in SVG
   */
  public String svg() {
    FlameGraph graph = new FlameGraph("Where goroutines waited, in milliseconds");
    sites.forEach(site -> graph.add(site.stack, site.nanos / 1e6));
    return graph.svg();
  }
}
