package io.heddle.testing;

import io.heddle.PanicException;
import io.heddle.internal.Outcome;
import io.heddle.internal.Stuck;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A test failed under some schedule. The message contains the seed of the schedule, the steps, and
 * how to run it again. The cause is the exception of the first goroutine that failed, if any, with
 * the exceptions of others suppressed.
 */
public final class ExplorationError extends AssertionError {
  private static final long serialVersionUID = 1;

  /** How many lines of a long trace are shown from its beginning; as many from its end. */
  private static final int FIRST = 30;

  private static final int LAST = 90;

  /** Determines the schedule. */
  private final long seed;

  /** The number of schedules that were run. */
  private final int schedules;

  /** The steps, line by line. */
  private final String[] trace;

  ExplorationError(long seed, int schedules, Outcome outcome, Outcome traced) {
    super(message(seed, schedules, outcome, traced), cause(outcome));
    if (outcome.failure() != null) {
      for (Throwable other : outcome.failure().getSuppressed()) {
        addSuppressed(other);
      }
    }
    this.seed = seed;
    this.schedules = schedules;
    this.trace = traced.trace().toArray(String[]::new);
  }

  /**
   * The seed of the schedule.
   *
   * @return the seed, which determines the schedule
   */
  public long seed() {
    return seed;
  }

  /**
   * The number of schedules that were run, including this one.
   *
   * @return at least 1
   */
  public int schedules() {
    return schedules;
  }

  /**
   * The steps up to the failure.
   *
   * @return a line for each operation, wait and wake-up
   */
  public List<String> trace() {
    return List.of(trace);
  }

  private static @Nullable Throwable cause(Outcome outcome) {
    return outcome.failure() instanceof PanicException panic ? panic.getCause() : outcome.failure();
  }

  private static String what(Outcome outcome) {
    Stuck stuck = outcome.stuck();
    if (outcome.failure() instanceof RaceError race) {
      return race.summary();
    } else if (outcome.failure() != null) {
      return String.valueOf(outcome.failure().getMessage());
    } else if (outcome.endless()) {
      return "no end after " + outcome.steps() + " steps";
    } else if (stuck != null && stuck.mainEnded()) {
      return "main has ended, and blocked goroutines are left";
    }
    return "deadlock: all goroutines are blocked";
  }

  private static String message(long seed, int schedules, Outcome outcome, Outcome traced) {
    StringBuilder text = new StringBuilder(what(outcome));
    text.append("\n\nunder the schedule of seed ").append(seed);
    text.append(schedules == 1 ? "" : ", the first of " + schedules + " to fail");
    text.append(
        "\nTo repeat it: @Explored(seed = %d), Explore.seed(%d), or -D%s=%d\n"
            .formatted(seed, seed, Explore.SEED_PROPERTY, seed));
    if (!what(outcome).equals(what(traced))) {
      text.append(
              "\nIt did NOT repeat: the test draws on something else than its schedule, such as")
          .append(
              " the system clock,\nrandom numbers, state of earlier runs or threads of its own.")
          .append(" The repetition: ")
          .append(hasNotFailed(traced) ? "no failure" : what(traced))
          .append('\n');
    }
    text.append("\nWhat happened:\n");
    List<String> lines = traced.trace();
    for (int i = 0; i < lines.size(); i++) {
      if (i < FIRST || i >= lines.size() - LAST) {
        text.append("  ").append(lines.get(i)).append('\n');
      } else if (i == FIRST) {
        text.append("  … ").append(lines.size() - FIRST - LAST).append(" more\n");
      }
    }
    if (outcome.failure() instanceof RaceError race) {
      text.append('\n').append(race.report());
    }
    Stuck stuck = outcome.stuck();
    if (stuck != null) {
      text.append('\n').append(stuck.goroutines());
    }
    return text.toString();
  }

  private static boolean hasNotFailed(Outcome outcome) {
    return outcome.failure() == null && outcome.stuck() == null && !outcome.endless();
  }
}
