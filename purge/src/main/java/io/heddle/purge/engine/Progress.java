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
 * The progress of a run. The run writes it. Any thread may read it at any time; each number was
 * right a moment ago, but the numbers may be from different moments.
 */
public final class Progress {
  /** The phase of a run that has not listed or deleted anything. */
  public static final String STARTING = "starting";

  /** The reason for failures that an earlier process counted. */
  static final String BEFORE = "before";

  final AtomicLong listed = new AtomicLong();
  final AtomicLong deleted = new AtomicLong();
  final AtomicLong gone = new AtomicLong();
  final AtomicLong failed = new AtomicLong();
  final AtomicLong skipped = new AtomicLong();
  final AtomicLong retries = new AtomicLong();

  /** Keys that an earlier process deleted or found gone, and keys that it could not delete. */
  volatile long doneBefore;

  volatile long total;

  volatile long failedBefore;

  volatile @Nullable AdaptiveLimiter limiter;

  private final long start = Go.nanoTime();
  private volatile @Nullable Waiting waiting;
  private volatile @Nullable String lastReason;
  private final SortedMap<String, Long> errors = new TreeMap<>(); // guarded by itself
  private volatile String phase = STARTING;

  /** The progress of a run that begins now. */
  public Progress() {}

  /**
   * The current phase: {@code starting}, {@code deleting}, {@code verifying} or {@code counting}.
   */
  public String phase() {
    return phase;
  }

  void phase(String phase) {
    this.phase = phase;
  }

  /** The number of keys that were listed and selected. */
  public long listed() {
    return listed.get();
  }

  /** The number of deleted keys. */
  public long deleted() {
    return deleted.get();
  }

  /** The number of keys that another client deleted first. */
  public long gone() {
    return gone.get();
  }

  /** The number of keys that could not be deleted. */
  public long failed() {
    return failed.get();
  }

  /** The number of keys that were listed but not selected. */
  public long skipped() {
    return skipped.get();
  }

  /** The number of repeated attempts. */
  public long retries() {
    return retries.get();
  }

  /** Why the last attempt that is repeated failed, in a few words; null if none was. */
  public @Nullable String lastReason() {
    return lastReason;
  }

  void retried(long count, String reason) {
    retries.addAndGet(count);
    lastReason = reason;
  }

  /**
   * A request other than a deletion, such as one for a page of a listing.
   *
   * @param attempt the number of the current attempt, from 1
   * @param attempts the highest number of attempts
   * @param since when the attempt began, by {@link Go#nanoTime}
   * @param cause why the previous attempt failed; null for the first attempt
   */
  public record Waiting(int attempt, int attempts, long since, @Nullable String cause) {
    /** How long the attempt has lasted. */
    public Duration time() {
      return Duration.ofNanos(Go.nanoTime() - since);
    }
  }

  /** The unanswered request for a listing; null if no listing is in progress. */
  public @Nullable Waiting waiting() {
    return waiting;
  }

  void waiting(@Nullable Waiting request) {
    waiting = request;
  }

  /** The number of keys with a final outcome of any kind. */
  public long settled() {
    return deleted() + gone() + failed();
  }

  /**
   * The number of deleted and gone keys that were counted by the earlier runs that this run
   * continues. The store no longer contained them when this run began.
   */
  public long doneBefore() {
    return doneBefore;
  }

  /**
   * The number of selected keys that the store had when the run began; 0 if the store would have
   * had to list them.
   */
  public long total() {
    return total;
  }

  /** The number of keys with a final outcome from earlier runs. */
  long before() {
    return doneBefore + failedBefore;
  }

  /** The number of keys that were deleted or found gone since this process began. */
  public long doneHere() {
    return deleted() + gone() - doneBefore;
  }

  /** The number of requests in flight. */
  public int inFlight() {
    AdaptiveLimiter now = limiter;
    return now == null ? 0 : now.active();
  }

  /** The current limit of requests in flight. */
  public int concurrency() {
    AdaptiveLimiter now = limiter;
    return now == null ? 0 : now.concurrency();
  }

  /** How long the store still asks for a pause; zero if it does not. */
  public Duration throttledFor() {
    AdaptiveLimiter now = limiter;
    return now == null ? Duration.ZERO : now.pausedFor();
  }

  /** The duration of the run so far. */
  public Duration elapsed() {
    return Duration.ofNanos(Go.nanoTime() - start);
  }

  /** The number of keys that could not be deleted, by reason. */
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
