package io.heddle.testing;

import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Task;
import io.heddle.internal.Outcome;
import io.heddle.internal.TestAccess;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs a test under many schedules, among them those that production has once a year.
 *
 * {@snippet :
 * Explore.run(() -> {
 *   Mutex a = new Mutex();
 *   Mutex b = new Mutex();
 *   go(() -> { a.lock(); b.lock(); b.unlock(); a.unlock(); });
 *   b.lock();
 *   a.lock();                            // a deadlock, under some schedules
 *   a.unlock();
 *   b.unlock();
 * });
 * }
 *
 * <p>Each run is a {@link Bubble} in which one goroutine runs at a time. A seed determines which,
 * at every step: when one blocks, ends, starts or wakes another, calls {@link Go#gosched()}, or is
 * about to do an operation on a channel, lock, timer or anything else of Heddle that was made in
 * the bubble. It determines which of several ready cases a select chooses, too. So a run can be
 * repeated exactly, given that the test does the same when it gets the same: it must draw no random
 * numbers of its own, read no system clock, and share no state between runs.
 *
 * <p>Steps are taken in Heddle's operations alone. Between two of them a goroutine is not
 * interrupted: races on fields, atomics and JDK locks are found only if there is an operation
 * between the accesses; insert {@code gosched()} if not. No JDK lock may be held during an
 * operation of Heddle, because a goroutine that waits for the lock cannot pass its turn on.
 *
 * <p>Under even seeds each step is random; under odd ones goroutines have priorities, which change
 * at few steps: that finds faults that need few but rare changes of goroutine.
 *
 * <p>Under the race detector's agent, {@code -javaagent:heddle-race.jar}, a run fails on a data
 * race, too, whether or not its schedule shows the consequences: see {@link RaceError}.
 *
 * <p>A run fails when a goroutine fails, when goroutines are left that can never continue, or when
 * it does not end. The first failing run ends the search. It is repeated to record what happened,
 * and the record is thrown as an {@link ExplorationError}.
 */
public final class Explore {
  /** With {@code -Dheddle.seed=N}, only this schedule is run, by all explorations there are. */
  static final String SEED_PROPERTY = "heddle.seed";

  private static final int SCHEDULES = 1000;
  private static final int MAX_STEPS = 20_000;

  private final long firstSeed;
  private final int schedules;
  private final int maxSteps;

  private Explore(long firstSeed, int schedules, int maxSteps) {
    this.firstSeed = firstSeed;
    this.schedules = schedules;
    this.maxSteps = maxSteps;
  }

  /**
   * The result of a search.
   *
   * @param schedules how many were run
   * @param error what the last of them failed with, null if none did
   */
  public record Result(int schedules, @Nullable ExplorationError error) {}

  /**
   * Explores a thousand schedules.
   *
   * @param test run once under each
   * @throws ExplorationError if it fails under one
   * @throws InterruptedException if the calling thread is interrupted
   */
  public static void run(Task test) throws InterruptedException {
    schedules(SCHEDULES).check(test);
  }

  /**
   * An exploration of so many schedules.
   *
   * @param count how many; the seeds are 0 and those that follow
   * @return the exploration
   * @throws IllegalArgumentException if the number is less than one
   */
  public static Explore schedules(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("schedules: " + count + " is less than one");
    }
    return new Explore(0, count, MAX_STEPS);
  }

  /**
   * A single schedule: how a failure is repeated.
   *
   * @param seed what the failure's message says
   * @return the exploration
   */
  public static Explore seed(long seed) {
    return new Explore(seed, 1, MAX_STEPS);
  }

  /**
   * The same exploration with another limit for the length of a run.
   *
   * @param steps after how many a run is said not to end; by default 20,000
   * @return another exploration
   */
  public Explore maxSteps(int steps) {
    return new Explore(firstSeed, schedules, steps);
  }

  /**
   * Runs the test under all schedules, or until it fails.
   *
   * @param test run once under each
   * @throws ExplorationError if it fails under one
   * @throws InterruptedException if the calling thread is interrupted
   */
  public void check(Task test) throws InterruptedException {
    ExplorationError error = search(test).error();
    if (error != null) {
      throw error;
    }
  }

  /**
   * Runs the test under all schedules, or until it fails, and says how many that were.
   *
   * @param test run once under each
   * @return the result
   * @throws IllegalStateException if the test cannot be explored, because a goroutine blocks
   *     outside of Heddle when it is its turn, or because this is called in a bubble
   * @throws InterruptedException if the calling thread is interrupted
   */
  public Result search(Task test) throws InterruptedException {
    Objects.requireNonNull(test, "test");
    Result[] result = new Result[1];
    RuntimeException[] impossible = new RuntimeException[1];
    // On a goroutine, as handing over to the first of each run is slow from a platform thread.
    Goroutine<?> searcher =
        Go.go(
            "explore",
            () -> {
              try {
                result[0] = searchAll(test);
              } catch (RuntimeException e) { // the test cannot be explored: no failure of it
                impossible[0] = e;
              }
            });
    try {
      searcher.join();
    } finally {
      searcher.cancel();
    }
    if (impossible[0] != null) {
      throw impossible[0];
    }
    if (result[0] == null) {
      throw new IllegalStateException("the exploration failed", searcher.failure());
    }
    return result[0];
  }

  private Result searchAll(Task test) throws InterruptedException {
    Long only = Long.getLong(SEED_PROPERTY);
    long first = only == null ? firstSeed : only;
    Races.take(); // what others have raced on
    int count = only == null ? schedules : 1;
    for (int i = 0; i < count; i++) {
      long seed = first + i;
      Outcome outcome = explore(test, seed, false);
      if (hasFailed(outcome)) {
        Outcome traced = explore(test, seed, true);
        return new Result(i + 1, new ExplorationError(seed, i + 1, outcome, traced));
      }
    }
    return new Result(count, null);
  }

  private static boolean hasFailed(Outcome outcome) {
    return outcome.failure() != null || outcome.stuck() != null || outcome.endless();
  }

  private Outcome explore(Task test, long seed, boolean trace) throws InterruptedException {
    Outcome outcome = run(test, seed, trace);
    RaceError race = Races.take();
    return race == null || outcome.failure() != null
        ? outcome
        : new Outcome(race, outcome.stuck(), outcome.endless(), outcome.steps(), outcome.trace());
  }

  private Outcome run(Task test, long seed, boolean trace) throws InterruptedException {
    return TestAccess.get()
        .explore(
            () -> {
              test.run();
              return null;
            },
            Strategies.of(seed),
            maxSteps,
            trace);
  }
}
