package io.heddle.purge.engine;

import io.heddle.Go;
import io.heddle.rate.AdaptiveLimiter;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How far a run is. The run writes it; anybody may read it at any time, and sees numbers that were
 * right a moment ago, each by itself.
 */
public final class Progress {
  /** The phase of a run that has not listed or deleted anything. */
  public static final String STARTING = "starting";

  /** The reason of failures that an earlier process has counted. */
  static final String BEFORE = "before";

  final AtomicLong listed = new AtomicLong();
  final AtomicLong deleted = new AtomicLong();
  final AtomicLong gone = new AtomicLong();
  final AtomicLong failed = new AtomicLong();
  final AtomicLong skipped = new AtomicLong();
  final AtomicLong retries = new AtomicLong();

  /** How many keys an earlier process deleted or found gone, and how many it could not delete. */
  volatile long doneBefore;

  volatile long failedBefore;

  volatile @Nullable AdaptiveLimiter limiter;

  private final long start = Go.nanoTime();
  private final SortedMap<String, Long> errors = new TreeMap<>(); // guarded by itself
  private volatile String phase = STARTING;

  /** Makes the progress of a run that begins now. */
  public Progress() {}

  /**
   * What the run does now: {@code starting}, {@code deleting}, {@code verifying} or {@code
   * counting}.
   */
  public String phase() {
    return phase;
  }

  void phase(String phase) {
    this.phase = phase;
  }

  /** How many keys were listed that are meant. */
  public long listed() {
    return listed.get();
  }

  /** How many keys were deleted. */
  public long deleted() {
    return deleted.get();
  }

  /** How many keys somebody else deleted before us. */
  public long gone() {
    return gone.get();
  }

  /** How many keys could not be deleted. */
  public long failed() {
    return failed.get();
  }

  /** How many keys were listed that are not meant. */
  public long skipped() {
    return skipped.get();
  }

  /** How often a key was tried again. */
  public long retries() {
    return retries.get();
  }

  /** How many keys are done with, one way or the other. */
  public long settled() {
    return deleted() + gone() + failed();
  }

  /**
   * How many of the deleted and gone keys earlier runs deleted or found gone, which this one goes
   * on with: the store had them no more when it began.
   */
  public long doneBefore() {
    return doneBefore;
  }

  /** How many of the keys that are done with earlier runs were done with. */
  long before() {
    return doneBefore + failedBefore;
  }

  /** How many keys were deleted or found gone since this process began. */
  public long doneHere() {
    return deleted() + gone() - doneBefore;
  }

  /** How many requests are under way. */
  public int inFlight() {
    AdaptiveLimiter now = limiter;
    return now == null ? 0 : now.active();
  }

  /** How many requests may be under way at the moment. */
  public int concurrency() {
    AdaptiveLimiter now = limiter;
    return now == null ? 0 : now.concurrency();
  }

  /** How long the store still wants to be left alone; zero if it does not. */
  public Duration throttledFor() {
    AdaptiveLimiter now = limiter;
    return now == null ? Duration.ZERO : now.pausedFor();
  }

  /** How long the run has taken, so far. */
  public Duration elapsed() {
    return Duration.ofNanos(Go.nanoTime() - start);
  }

  /** How many keys could not be deleted, by reason. */
  public SortedMap<String, Long> errors() {
    synchronized (errors) {
      return Collections.unmodifiableSortedMap(new TreeMap<>(errors));
    }
  }

  void addError(String reason, long count) {
    failed.addAndGet(count);
    synchronized (errors) {
      errors.merge(reason, count, Long::sum);
    }
  }

  void forgetErrors() {
    failed.set(0);
    synchronized (errors) {
      failedBefore = 0;
      errors.clear();
    }
  }
}
