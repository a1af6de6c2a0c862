package io.heddle.purge.engine;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a store is to be emptied.
 *
 * @param pace how fast, at most
 * @param sizes how much with one request
 * @param retry what to do about requests that fail
 * @param limits when to stop early
 * @param files what is written down
 */
public record Plan(
    Selection selection,
    Pace pace,
    Sizes sizes,
    Retry retry,
    Limits limits,
    Passes passes,
    Files files) {

  /** Everything, a hundred requests at a time, stopping only for what makes going on pointless. */
  public static final Plan DEFAULT =
      new Plan(
          Selection.ALL,
          Pace.DEFAULT,
          Sizes.DEFAULT,
          Retry.DEFAULT,
          Limits.NONE,
          Passes.ONE,
          Files.NONE);

  /**
   * How fast requests are sent.
   *
   * @param minConcurrency how many at a time, when the store is overwhelmed
   * @param maxConcurrency how many at a time, when all is well
   * @param rate keys a second, infinite for no limit
   * @param burst how many keys may go at once after a pause
   */
  public record Pace(int minConcurrency, int maxConcurrency, double rate, long burst) {
    /** Between 1 and 100 at a time, without another limit. */
    public static final Pace DEFAULT = new Pace(1, 100, Double.POSITIVE_INFINITY, 1000);

    /** A number of requests at a time that does not change, without another limit. */
    public static Pace of(int concurrency) {
      return new Pace(concurrency, concurrency, Double.POSITIVE_INFINITY, 1000);
    }
  }

  /**
   * How requests are repeated. Before each repetition comes a random pause, up to a length that
   * doubles each time: if all who failed together came back together they would fail again.
   *
   * @param attempts how often a request is sent at most; twice as often if it is throttled, and
   *     without end as long as a store that throttles it says when to come back
   * @param firstPause the longest pause before the second attempt
   * @param longestPause where the doubling ends; a store's own wish for a pause is heeded for up to
   *     a day
   */
  public record Retry(int attempts, Duration firstPause, Duration longestPause) {
    /** Eight attempts, pauses of up to 100 ms, 200 ms and so on to 60 seconds. */
    public static final Retry DEFAULT =
        new Retry(8, Duration.ofMillis(100), Duration.ofSeconds(60));
  }

  /**
   * When to stop although there are keys left. What is under way then is finished and counted.
   *
   * @param maxErrors stops when more keys than this could not be deleted; negative for never
   * @param maxErrorRate stops when a larger part of the keys than this could not be deleted, once
   *     {@value #SAMPLE} have been tried; 1 for never
   * @param maxDelete how many keys are tried at most; negative for all
   * @param maxDuration how long it may take; null for as long as it takes
   * @param drain how long requests that are under way get to end, when the run stops
   */
  public record Limits(
      long maxErrors,
      double maxErrorRate,
      long maxDelete,
      @Nullable Duration maxDuration,
      Duration drain) {
    /** From how many keys on the rate of errors says something. */
    public static final int SAMPLE = 200;

    /** Keeps going whatever happens. */
    public static final Limits NONE = new Limits(-1, 1, -1, null, Duration.ofSeconds(20));

    /** Stops after too many errors, without another limit. */
    public static Limits ofErrors(long maxErrors) {
      return new Limits(maxErrors, 1, -1, null, NONE.drain);
    }
  }

  /**
   * How much goes with one request.
   *
   * @param page how many keys to list
   * @param batch how many keys to delete, if the store can
   */
  public record Sizes(int page, int batch) {
    /** Pages of 1000, batches of 500. */
    public static final Sizes DEFAULT = new Sizes(1000, 500);
  }

  /**
   * How often to go through the store.
   *
   * @param max how often at most, as long as there are keys
   * @param verify whether to list the store at the end to see what is left
   */
  public record Passes(int max, boolean verify) {
    /** Once, and then to see what is left. */
    public static final Passes ONE = new Passes(1, true);
  }

  /**
   * What is written down.
   *
   * @param failedKeys where the keys go that could not be deleted; null for nowhere
   * @param checkpoint where it is written down how far the run is; null for nowhere
   * @param resume whether to go on from the checkpoint, if there is one
   */
  public record Files(@Nullable Path failedKeys, @Nullable Path checkpoint, boolean resume) {
    /** Nothing. */
    public static final Files NONE = new Files(null, null, false);
  }

  /** This plan with something else. */
  public Plan with(Selection selection) {
    return new Plan(selection, pace, sizes, retry, limits, passes, files);
  }

  /**
   * This plan with something else.
   *
   * @param pace how fast, at most
   */
  public Plan with(Pace pace) {
    return new Plan(selection, pace, sizes, retry, limits, passes, files);
  }

  /** This plan with something else. */
  public Plan with(Sizes sizes) {
    return new Plan(selection, pace, sizes, retry, limits, passes, files);
  }

  /**
   * This plan with something else.
   *
   * @param retry what to do about requests that fail
   */
  public Plan with(Retry retry) {
    return new Plan(selection, pace, sizes, retry, limits, passes, files);
  }

  /** This plan with something else. */
  public Plan with(Limits limits) {
    return new Plan(selection, pace, sizes, retry, limits, passes, files);
  }

  /** This plan with something else. */
  public Plan with(Passes passes) {
    return new Plan(selection, pace, sizes, retry, limits, passes, files);
  }

  /** This plan with something else. */
  public Plan with(Files files) {
    return new Plan(selection, pace, sizes, retry, limits, passes, files);
  }
}
