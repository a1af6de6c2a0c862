package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Semaphore;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * Lets requests through when the store wants them. When it says to one worker that it is asked too
 * much, that goes for all of them: nobody gets through for as long as it says, and after that no
 * more keys a second than it seems to bear.
 *
 * <p>How many that is it does not say, so it is learnt, and a store is taken for a bucket: so many
 * keys a second are put in, it holds so many at most, and who finds it empty is refused. Most
 * stores have one (a token bucket), or behave much as if they had. Neither number is known, so it
 * takes two refusals. At each the bucket is empty, and for any rate it can be said how much must
 * have been in it for the keys that got through. The rate for which that was as much both times is
 * the store's.
 *
 * <p>So after the first refusal the rate is a guess, and rises until the second. Between the two
 * extremes, that nothing is saved up during a pause and that all is, it takes the geometric mean.
 * It must not rise faster than it does, however: what empties a bucket at once says nothing of its
 * rate. Then the rate that was found is used, and nearly nothing lost, until it is time to look
 * whether it has changed. That is by the same rise, and costs a pause: the longer the pause, and
 * the longer it went well, the later. What contradicts the model, a store that counts by the minute
 * or whose rate has changed, makes the rate a guess again.
 */
final class Gate {
  /** What part of the rate that was found is used at first, and at last. */
  private static final double FIRST_PART = 0.95;

  private static final double LAST_PART = 0.99;

  /** In how many seconds the rate becomes e times as large when it rises: tenfold in five. */
  private static final double RISE = 2;

  /** When it begins to rise: after so many times the time that went well, within bounds. */
  private static final double PER_TIME_BEFORE = 2;

  /** The bounds, as multiples of the pause. That is 5% of the time at first, and later 2%. */
  private static final double LEAST_PER_PAUSE = 20;

  private static final double MOST_PER_PAUSE = 60;

  /** How many seconds of a pause count there: a rate that is wrong should not last for hours. */
  private static final double LONGEST_PAUSE = 15;

  /** By what factor a rate may differ from that before and still be taken for the same. */
  private static final double SAME = 1.25;

  /** How many seconds are before a refusal and after it, at least: the first may come at once. */
  private static final double SHORTEST_TIME = 0.001;

  /** Rates that a store might have, from one key in a hundred seconds to millions in one. */
  private static final double[] RATES =
      DoubleStream.iterate(0.01, r -> r * 1.02).limit(1000).toArray();

  /** How far the rate may lag behind, and catch up: timers are late. Also what goes at once. */
  private static final long SLACK = Duration.ofMillis(10).toNanos();

  /** Whoever is next; the others wait behind, so that a rate that changes goes for all. */
  private final Semaphore turn = new Semaphore(1);

  // Guarded by this.
  private long opens = Go.nanoTime();
  private long next = opens;
  private double rate = Double.POSITIVE_INFINITY;
  private boolean isGuess = true;

  /** How many seconds after the gate opened the rate begins to rise. */
  private double steady;

  /** How many keys got through since the gate opened, from when on and until when. */
  private long accepted;

  private long first = opens;
  private long last = opens;

  /** Whether they are counted anew, as it has been learnt what they tell. */
  private boolean isLearnt = true;

  /** Of how many keys the answers came with the first that was seen, but before it. */
  private int unseen;

  /** How many seconds a key took at best. The first are slow: the program has only started. */
  private double quickest = Double.POSITIVE_INFINITY;

  /** For each of the rates: how many keys a bucket with that rate must have held. */
  private final double[] held = new double[RATES.length];

  /** At the refusal to compare with: how many keys had got through in how many seconds. */
  private double acceptedThen;

  private double timeThen;

  private int unseenThen;

  private boolean isRefused;
  private long refused = opens - 1;

  /** Whether it refuses one key of a request and not another: else it may count requests. */
  private boolean isByKey;

  /** Lets nobody through for a while. */
  synchronized void close(Duration time) {
    opens = Math.max(opens, Go.nanoTime() + time.toNanos());
  }

  /** Waits until the gate is open; it may have been closed anew when this returns. */
  void pass(Context context) throws InterruptedException {
    for (Duration left = closedFor(); left.isPositive(); left = closedFor()) {
      Go.sleep(left, context);
    }
  }

  /**
   * Waits until some of so many keys may be sent at once, and yields how many. It is all of them
   * unless the store counts them one by one: another would be asked more often for less.
   */
  int pass(int keys, Context context) throws InterruptedException {
    if (!isLimited()) {
      pass(context);
      return keys;
    }
    turn.acquire(context);
    try {
      while (true) {
        int taken = take(keys);
        if (taken > 0) {
          return taken;
        }
        Go.sleep(untilNext(), context);
      }
    } finally {
      turn.release();
    }
  }

  private synchronized boolean isLimited() {
    return isRefused || rate < Double.POSITIVE_INFINITY;
  }

  private synchronized Duration untilNext() {
    return Duration.ofNanos(Math.max(0, Math.max(opens, next) - Go.nanoTime()));
  }

  /** Yields none if it is too early. */
  private synchronized int take(int keys) {
    if (untilNext().isPositive()) {
      return 0;
    }
    if (isRefused) {
      learn();
    }
    long now = Go.nanoTime();
    double current = rate(now - opens);
    int taken = isByKey ? (int) Math.clamp(current * seconds(SLACK), 1, keys) : keys;
    next = Math.max(next, now - SLACK) + nanos(taken / current);
    return taken;
  }

  /** How many keys a second may be sent when it has been open for so long. */
  private double rate(long open) {
    double time = seconds(Math.max(0, open));
    if (time >= steady) {
      return rate * Math.exp((time - steady) / RISE);
    }
    double left = 1 - time / steady;
    return rate * (LAST_PART - (LAST_PART - FIRST_PART) * left * left * left);
  }

  /**
   * Learns that of so many keys that were sent at a time so many got through. A rate is measured
   * from when the gate opens; whether it was closed for a refusal is known only then.
   */
  synchronized void answered(int keys, int through, long sent) {
    long now = Go.nanoTime();
    quickest = Math.min(quickest, seconds(now - sent) / keys);
    boolean hasOpened = !isRefused && first - opens < 0 && opens - sent <= 0;
    if (isLearnt || hasOpened) {
      isLearnt = false;
      accepted = 0;
      Arrays.fill(held, 0);
      first = now;
      last = now;
      unseen = keys - 1;
    }
    if (isLimited()) {
      double passed = seconds(now - last);
      for (int i = 0; i < RATES.length; i++) {
        held[i] = Math.max(0, held[i] - RATES[i] * passed) + through;
      }
    }
    accepted += through;
    last = now;
  }

  /**
   * Hears that a request was too much, and closes the gate. What is to be learnt from that is known
   * when it opens again: until then the others come back that are under way. If they were sent
   * before and refused as well that is nothing new.
   */
  synchronized void refused(long sent, Duration pause) {
    if (!isRefused && sent > refused) {
      isRefused = true;
      refused = Go.nanoTime();
    }
    close(pause);
  }

  /** Hears that a key was refused that was sent with others, and not because of those. */
  synchronized void refusedByKey() {
    isByKey = true;
  }

  /** Neither is it anything new if nothing got through, however slowly it was sent. */
  private void learn() {
    isRefused = false;
    next = opens; // what could have been sent during the pause is not made up for
    if (accepted > 0) {
      double before = Math.max(SHORTEST_TIME, seconds(last - first) + unseen * quickest);
      double pause = Math.max(SHORTEST_TIME, seconds(opens - last));
      double most = accepted / before;
      double least = accepted / (before + pause);
      boolean isFirst = rate == Double.POSITIVE_INFINITY;
      double found = isFirst ? 0 : found(Math.max(most, rate(refused - first)));
      boolean isSame = rate < found * SAME && found < rate * SAME;
      if (found > least && (isGuess || isSame)) {
        isGuess = false;
        rate = found;
        double lost = Math.min(pause, LONGEST_PAUSE);
        steady =
            Math.clamp(PER_TIME_BEFORE * before, LEAST_PER_PAUSE * lost, MOST_PER_PAUSE * lost);
      } else {
        isGuess = true;
        rate = Math.sqrt(least * most);
        steady = 0;
        acceptedThen = accepted;
        timeThen = seconds(last - first);
        unseenThen = unseen;
      }
    }
    isLearnt = true;
  }

  /**
   * The rate, below a limit, at which the bucket held as much as then; 0 if there is none. It lies
   * between two of those that are tried, and the difference is taken to be linear there.
   */
  private double found(double limit) {
    double time = timeThen + unseenThen * quickest;
    for (int i = RATES.length - 2; i >= 0; i--) {
      double heldThen = acceptedThen - RATES[i] * time;
      double more = held[i] - heldThen;
      if (RATES[i] < limit && heldThen > 0 && more >= 0) {
        double less = acceptedThen - RATES[i + 1] * time - held[i + 1];
        double between = less > 0 ? more / (more + less) : 0;
        return Math.min(limit, RATES[i] + between * (RATES[i + 1] - RATES[i]));
      }
    }
    return 0;
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }

  synchronized Duration closedFor() {
    return Duration.ofNanos(Math.max(0, opens - Go.nanoTime()));
  }
}
