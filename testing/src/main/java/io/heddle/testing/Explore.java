package io.heddle.testing;

import io.heddle.Go;
import io.heddle.Goroutine;
import io.heddle.Task;
import io.heddle.internal.Outcome;
import io.heddle.internal.TestAccess;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs a test under many schedules, including some that occur in production once a year.
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
 * <p>Each run is a {@link Bubble} in which one goroutine runs at a time. A seed determines which
 * one runs next, at every step: when a goroutine blocks, ends, starts or wakes another, calls
 * {@link Go#gosched()}, or is about to use a channel, lock, timer or any other object of Heddle
 * that was made in the bubble. The seed also determines which of several ready cases a select
 * chooses. So a run can be repeated exactly, provided that the test is deterministic: it must draw
 * no random numbers of its own, read no system clock, and share no state between runs.
 *
 * <p>Goroutines are switched only in Heddle's operations. Races on fields, atomics and JDK locks
 * are found only if there is such an operation between the accesses; insert {@code gosched()} if
 * there is none. No JDK lock may be held during an operation of Heddle, because a goroutine that
 * waits for the lock cannot pass its turn on.
 *
 * <p>With an even seed each step is random. With an odd seed goroutines have priorities, which
 * change at few steps: this finds defects that need a few specific switches.
 *
 * <p>Under the race detector's agent, {@code -javaagent:heddle-race.jar}, a run fails on a data
 * race, too, whether or not its schedule shows the consequences: see {@link RaceError}.
 *
 * <p>A run fails when a goroutine fails, when goroutines are left that can never continue, or when
 * it does not end. The first failing run ends the search. It is repeated to record its steps, and
 * the record is thrown as an {@link ExplorationError}.
 */
public final class Explore {
  /** With {@code -Dheddle.seed=N}, all explorations run only this schedule. */
  static final String SEED_PROPERTY = "heddle.seed";

  private static final int SCHEDULES = 1000;
  private static final int MAX_STEPS = 20_000;

  /** Under even seeds and odd ones, which are different strategies. */
  private static final int LESSONS = 4;

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
   * @param schedules the number of schedules that were run
   * @param error the failure of the last one, null if it has not failed
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
   * An exploration of a number of schedules.
   *
   * @param count the number; the seeds begin with 0
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
   * A single schedule, to repeat a failure.
   *
   * @param seed the seed from the failure's message
   * @return the exploration
   */
  public static Explore seed(long seed) {
    return new Explore(seed, 1, MAX_STEPS);
  }

  /**
   * The same exploration with another limit for the length of a run.
   *
   * @param steps the number of steps after which a run is considered endless; 20,000 by default
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
   * Runs the test under all schedules, or until it fails, and returns the number of schedules.
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
    // In a goroutine, because starting each run from a platform thread is slow.
    Goroutine<?> searcher =
        Go.go(
            "explore",
            () -> {
              try {
                result[0] = searchAll(test);
              } catch (RuntimeException e) { // the test cannot be explored, which is not a failure
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
    Races.take(); // discards earlier races
    learn(test);
    Races.take(); // and those of the lessons
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

  /**
   * Under the race detector, the turn may change at accesses to what goroutines share. Which these
   * are is learnt in runs that are always the same, so that a seed stands for one schedule.
   */
  private void learn(Task test) throws InterruptedException {
    if (Races.areDetected()) {
      Races.learn();
      for (long seed = 0; seed < LESSONS; seed++) {
        run(test, seed, false);
      }
      Races.keep();
    }
  }

  private static boolean hasFailed(Outcome outcome) {
    return outcome.failure() != null || outcome.stuck() != null || outcome.endless();
  }

  private Outcome explore(Task test, long seed, boolean trace) throws InterruptedException {
    Outcome outcome = run(test, seed, trace);
    RaceError race = Races.take();
    if (race == null) {
      return outcome;
    }
    if (outcome.failure() != null) { // it may be what the race has led to
      race.addSuppressed(outcome.failure());
    }
    return new Outcome(race, outcome.stuck(), outcome.endless(), outcome.steps(), outcome.trace());
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
