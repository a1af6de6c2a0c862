package io.heddle.purge.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How to delete the keys of a store.
 *
 * @param pace the highest pace
 * @param sizes the number of keys per request
 * @param retry how to repeat requests that fail
 * @param limits when to stop early
 * @param files the files to write
 * @param at the instant as of which the ages of keys are judged; null for the beginning of the run
 */
public record Plan(
    Selection selection,
    Pace pace,
    Sizes sizes,
    Retry retry,
    Limits limits,
    Passes passes,
    Files files,
    @Nullable Instant at) {

  /** Everything, with up to a hundred concurrent requests, unless a failure makes it pointless. */
  public static final Plan DEFAULT =
      new Plan(
          Selection.ALL,
          Pace.DEFAULT,
          Sizes.DEFAULT,
          Retry.DEFAULT,
          Limits.NONE,
          Passes.ONE,
          Files.NONE,
          null);

  /**
   * How fast requests are sent.
   *
   * @param minConcurrency the number of concurrent requests when the store is overloaded
   * @param maxConcurrency the highest number of concurrent requests
   * @param rate keys per second, infinite for no limit
   * @param burst how many keys may be sent at once after a pause
   */
  public record Pace(int minConcurrency, int maxConcurrency, double rate, long burst)
      implements Part {
    /** Between 1 and 100 concurrent requests, without another limit. */
    public static final Pace DEFAULT = new Pace(1, 100, Double.POSITIVE_INFINITY, 1000);

    /** A fixed number of concurrent requests, without another limit. */
    public static Pace of(int concurrency) {
      return new Pace(concurrency, concurrency, Double.POSITIVE_INFINITY, 1000);
    }
  }

  /**
   * How requests are repeated. A random pause precedes each repetition. Its upper bound doubles
   * each time. Requests that failed together would fail again if they were repeated together.
   *
   * @param attempts the highest number of attempts for a request; twice as many if it is throttled,
   *     and without limit as long as a throttling store says when to come back
   * @param firstPause the longest pause before the second attempt
   * @param longestPause the limit of the doubling; a pause that the store asks for is kept for up
   *     to a day
   */
  public record Retry(int attempts, Duration firstPause, Duration longestPause) implements Part {
    /** Eight attempts, with pauses of up to 100 ms, 200 ms and so on, up to 60 seconds. */
    public static final Retry DEFAULT =
        new Retry(8, Duration.ofMillis(100), Duration.ofSeconds(60));
  }

  /**
   * When to stop although keys are left. Requests in flight are finished and counted.
   *
   * @param maxErrors stops when more keys than this could not be deleted; negative for no limit
   * @param maxErrorRate stops when a larger fraction of the keys than this could not be deleted,
   *     after {@value #SAMPLE} keys; 1 for no limit
   * @param maxDelete the highest number of keys to try; negative for no limit
   * @param maxDuration the longest duration of the run; null for no limit
   * @param drain how long requests in flight may take when the run stops
   */
  public record Limits(
      long maxErrors,
      double maxErrorRate,
      long maxDelete,
      @Nullable Duration maxDuration,
      Duration drain)
      implements Part {
    /** The number of keys from which on the error rate is meaningful. */
    public static final int SAMPLE = 200;

    /** No limit. */
    public static final Limits NONE = new Limits(-1, 1, -1, null, Duration.ofSeconds(20));
  }

  /**
   * The number of keys per request.
   *
   * @param page the number of keys to list
   * @param batch the number of keys to delete, if the store can delete several
   */
  public record Sizes(int page, int batch) implements Part {
    /** Pages of 1000, batches of 500. */
    public static final Sizes DEFAULT = new Sizes(1000, 500);
  }

  /**
   * How often to list the store.
   *
   * @param max the highest number of passes, as long as there are keys
   * @param verify whether to list the store at the end to count the remaining keys
   */
  public record Passes(int max, boolean verify) implements Part {
    /** Once, and then a listing that counts the remaining keys. */
    public static final Passes ONE = new Passes(1, true);
  }

  /**
   * The files that a run writes.
   *
   * @param failedKeys the file for keys that could not be deleted; null for none
   * @param deletedKeys the file for keys that are deleted or gone; null for none
   * @param checkpoint the file for the run's position; null for none
   * @param resume whether to continue from the checkpoint, if there is one
   */
  public record Files(
      @Nullable Path failedKeys,
      @Nullable Path deletedKeys,
      @Nullable Path checkpoint,
      boolean resume)
      implements Part {
    /** No files. */
    public static final Files NONE = new Files(null, null, false);

    /** Without a file for keys that are deleted. */
    public Files(@Nullable Path failedKeys, @Nullable Path checkpoint, boolean resume) {
      this(failedKeys, null, checkpoint, resume);
    }
  }

  /** What a plan consists of. */
  public sealed interface Part permits Selection, Pace, Sizes, Retry, Limits, Passes, Files {}

  /** Whether all keys may be deleted with one request, without an outcome for each. */
  boolean mayClear() {
    return selection.isAll()
        && limits.maxDelete() < 0
        && pace.rate() == Double.POSITIVE_INFINITY
        && files.deletedKeys() == null;
  }

  /** A copy of this plan with another part in the place of its own. */
  public Plan with(Part part) {
    return new Plan(
        part instanceof Selection other ? other : selection,
        part instanceof Pace other ? other : pace,
        part instanceof Sizes other ? other : sizes,
        part instanceof Retry other ? other : retry,
        part instanceof Limits other ? other : limits,
        part instanceof Passes other ? other : passes,
        part instanceof Files other ? other : files,
        at);
  }

  /** A copy of this plan that judges the ages of keys as of an instant. */
  public Plan at(Instant instant) {
    return new Plan(selection, pace, sizes, retry, limits, passes, files, instant);
  }
}
