package io.heddle.testing;

import io.heddle.internal.Strategy;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** The ways of choosing schedules. Each is determined by its seed alone. */
final class Strategies {
  private Strategies() {}

  /**
   * The strategy for a seed: even seeds walk at random, odd seeds use priorities, with no change of
   * priorities, one, two and three in turn.
   */
  static Strategy of(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return seed % 2 == 0
        ? new RandomWalk(random)
        : new Priorities(random, Math.floorMod(seed / 2, 4));
  }

  /** Chooses at random at each step, each goroutine with the same probability. */
  private record RandomWalk(RandomGenerator random) implements Strategy {
    @Override
    public int next(int[] goroutines, int count) {
      return random.nextInt(count);
    }

    @Override
    public void gaveWay(int goroutine) {}
  }

  /**
   * Runs the goroutine with the highest priority of those that can run. Priorities are random, and
   * at a few random steps that of the running goroutine becomes the lowest. So there are few
   * voluntary switches from one goroutine to another, and each can occur at any step. A defect that
   * needs a certain order of d operations among n goroutines in k steps is found with a probability
   * of at least 1/(n·k^(d-1)), however rare it is for a random walk. (Burckhardt, Kothari,
   * Musuvathi and Nagarakatte: A randomized scheduler with probabilistic guarantees of finding
   * bugs, ASPLOS 2010.)
   *
   * <p>The number of steps is not known in advance, so the steps of change are drawn from ranges of
   * different length.
   */
  private static final class Priorities implements Strategy {
    /** Keeps goroutines that poll others from preventing these from running forever. */
    private static final int PATIENCE = 500;

    private static final int SHORTEST = 8;
    private static final int DOUBLINGS = 7;

    private final RandomGenerator random;
    private final int[] changes;
    private long[] priorities = new long[16];
    private int step;
    private int last;
    private int turns;

    /** Lower than all priorities so far. */
    private long lowest;

    Priorities(RandomGenerator random, int changes) {
      this.random = random;
      this.changes = new int[changes];
      int range = SHORTEST << random.nextInt(DOUBLINGS);
      Arrays.setAll(this.changes, i -> 1 + random.nextInt(range));
    }

    @Override
    public RandomGenerator random() {
      return random;
    }

    @Override
    public int next(int[] goroutines, int count) {
      step++;
      for (int change : changes) {
        if (change == step) {
          gaveWay(goroutines[count - 1]);
        }
      }
      int first = first(goroutines, count);
      turns = goroutines[first] == last ? turns + 1 : 0;
      last = goroutines[first];
      if (turns > PATIENCE) {
        gaveWay(last);
        first = first(goroutines, count);
      }
      return first;
    }

    private int first(int[] goroutines, int count) {
      int first = 0;
      for (int i = 1; i < count; i++) {
        if (priority(goroutines[i]) > priority(goroutines[first])) {
          first = i;
        }
      }
      return first;
    }

    @Override
    public void gaveWay(int goroutine) {
      priority(goroutine);
      priorities[goroutine] = --lowest;
    }

    private long priority(int goroutine) {
      if (goroutine >= priorities.length) {
        priorities = Arrays.copyOf(priorities, 2 * goroutine);
      }
      if (priorities[goroutine] == 0) {
        priorities[goroutine] = 1 + random.nextLong(Integer.MAX_VALUE);
      }
      return priorities[goroutine];
    }
  }
}
