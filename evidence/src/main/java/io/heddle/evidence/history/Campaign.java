package io.heddle.evidence.history;

import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs one random program after the other and checks their histories, until one is wrong. */
final class Campaign {
  /** Without these, a run on a busy machine would say nothing. */
  private static final int FEWEST = 50;

  /** A wrong history. */
  record Finding(long seed, History history, int wrong) {
    @Override
    public String toString() {
      return "seed " + seed + ", " + history.diagram(wrong);
    }
  }

  private final Function<SplittableRandom, Program> programs;
  private final Function<Program, Rig> rigs;
  private final int repeats;

  /** How many histories were checked, and how many of them end with threads asleep. */
  long histories;

  long asleep;

  /**
   * Prepares one.
   *
   * @param repeats how often each program is run
   */
  Campaign(Function<SplittableRandom, Program> programs, Function<Program, Rig> rigs, int repeats) {
    this.programs = programs;
    this.rigs = rigs;
    this.repeats = repeats;
  }

  /** The first wrong history within the time, reduced as far as possible; null if all are right. */
  @Nullable Finding smallest(long seed, long nanos) throws InterruptedException {
    Finding finding = first(seed, nanos);
    return finding == null ? null : smaller(finding);
  }

  /** The first wrong history within the time, or among the first few; null if all are right. */
  @Nullable Finding first(long seed, long nanos) throws InterruptedException {
    long since = System.nanoTime();
    for (long next = seed; histories < FEWEST || System.nanoTime() - since < nanos; next++) {
      Program program = programs.apply(new SplittableRandom(next));
      for (int i = 0; i < repeats; i++) {
        Finding finding = attempt(program, next, new SplittableRandom(next + i));
        if (finding != null) {
          return finding;
        }
      }
    }
    return null;
  }

  private @Nullable Finding attempt(Program program, long seed, SplittableRandom random)
      throws InterruptedException {
    History history = Runner.run(program, rigs.apply(program), random);
    histories++;
    asleep += history.calls.stream().allMatch(Call::hasReturned) ? 0 : 1;
    int wrong = Checker.firstUnexplained(history);
    return wrong < 0 ? null : new Finding(seed, history, wrong);
  }

  /** Leaves out one operation after the other for as long as something stays wrong. */
  private Finding smaller(Finding finding) throws InterruptedException {
    Finding best = finding;
    long until = System.nanoTime() + 10_000_000_000L;
    boolean progress = true;
    while (progress) {
      progress = false;
      Program program = best.history().program;
      for (int t = 0; t < program.threads().size() && !progress; t++) {
        for (int i = 0; i < program.threads().get(t).size() && !progress; i++) {
          Finding found = retry(program.without(t, i), best.seed(), until);
          if (found != null) {
            best = found;
            progress = true;
          }
        }
      }
    }
    return best;
  }

  private @Nullable Finding retry(Program program, long seed, long until)
      throws InterruptedException {
    for (int i = 0; i < 3_000 && System.nanoTime() < until; i++) {
      Finding found = attempt(program, seed, new SplittableRandom(i));
      if (found != null) {
        return found;
      }
    }
    return null;
  }
}
