package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.Semaphore;
import java.time.Duration;

/**
 * Lets requests through when the store wants them. When it says to one worker that it is asked too
 * much, that goes for all of them: nobody gets through for as long as it says, and after that no
 * more keys a second than it seems to bear.
 *
 * <p>How many that is it does not say, so it is learnt, as CUBIC (RFC 9438) does for TCP. A refusal
 * tells how many keys got through before. Many stores save up what nobody asks for, though, and
 * give it away at once after a pause: right after one that number is too large, and if the pause
 * counts as well it is too small. The geometric mean of both is taken, which is the same number
 * when the pause was short compared to the time before the refusal.
 *
 * <p>From a little below that, the rate climbs back, stays there for a while and then climbs ever
 * faster. Each refusal costs a pause: the longer that is, and the longer it went well before, the
 * later the next. If the store bears more than before, or less, a few refusals find out.
 */
final class Gate {
  /** What part of the learnt rate is used first. */
  private static final double BACK_OFF = 0.9;

  /** How many seconds before a refusal say what the rate was then. */
  private static final double RECENTLY = 0.25;

  /** How many seconds were before a refusal, at least: the first may come at once. */
  private static final double SHORTEST_TIME = 0.001;

  /** How many seconds it takes to be back at the learnt rate, at least. */
  private static final double SHORTEST_CLIMB = 0.5;

  /** How much longer that takes than the time before the refusal, and than the pause, at most. */
  private static final double CLIMB_PER_TIME_BEFORE = 5;

  private static final double CLIMB_PER_PAUSE = 10;

  /** How far the rate may lag behind, and catch up: timers are late. Also what goes at once. */
  private static final long SLACK = Duration.ofMillis(10).toNanos();

  /** Whoever is next; the others wait behind, so that a rate that changes goes for all. */
  private final Semaphore turn = new Semaphore(1);

  // Guarded by this.
  private long opens = Go.nanoTime();
  private long next = opens;
  private double learnt = Double.POSITIVE_INFINITY;
  private double climb = SHORTEST_CLIMB;
  private long accepted;
  private double recently;
  private long lastAccepted = opens;

  /** Whether it was refused since it opened, when that was, and when it had opened before. */
  private boolean isRefused;

  private long refused = opens - 1;
  private long opened = opens;

  /** Lets nobody through for a while. */
  synchronized void close(Duration time) {
    if (!isRefused && untilOpen() <= 0) {
      forget(); // a rate is measured from when the gate opens
    }
    extend(time);
  }

  private void extend(Duration time) {
    opens = Math.max(opens, Go.nanoTime() + time.toNanos());
  }

  /** Waits until the gate is open; it may have been closed anew when this returns. */
  void pass(Context context) throws InterruptedException {
    for (Duration left = closedFor(); left.isPositive(); left = closedFor()) {
      Go.sleep(left, context);
    }
  }

  /** Waits until some of so many keys may be sent at once, and yields how many. */
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
    return isRefused || learnt < Double.POSITIVE_INFINITY;
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
    double rate = rate(now - opens);
    int taken = (int) Math.clamp(rate * seconds(SLACK), 1, keys);
    next = Math.max(next, now - SLACK) + nanos(taken / rate);
    return taken;
  }

  /** How many keys a second may be sent when it has been open for so long. */
  private double rate(long open) {
    double x = seconds(Math.max(0, open)) / climb - 1;
    return learnt * (1 + (1 - BACK_OFF) * x * x * x);
  }

  /** Learns that so many keys got through. */
  synchronized void accepted(int keys) {
    long now = Go.nanoTime();
    accepted += keys;
    recently = recently * decay(now - lastAccepted) + keys;
    lastAccepted = now;
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
      opened = opens;
    }
    extend(pause);
  }

  /** Neither is it anything new if nothing got through, however slowly it was sent. */
  private void learn() {
    isRefused = false;
    if (accepted > 0) {
      double before = Math.max(SHORTEST_TIME, seconds(refused - opened));
      double pause = seconds(opens - refused);
      double measured =
          Math.max(
              accepted / before,
              recently
                  * decay(Math.max(0, refused - lastAccepted))
                  / RECENTLY
                  / (1 - decay(nanos(before))));
      double estimate = measured * Math.sqrt(before / (before + pause));
      learnt = Math.min(rate(refused - opened), estimate);
      climb = Math.min(CLIMB_PER_TIME_BEFORE * before, CLIMB_PER_PAUSE * pause);
      climb = Math.max(SHORTEST_CLIMB, climb);
    }
    forget();
  }

  private void forget() {
    accepted = 0;
    recently = 0;
  }

  private static double decay(long nanos) {
    return Math.exp(-seconds(nanos) / RECENTLY);
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }

  synchronized Duration closedFor() {
    return Duration.ofNanos(Math.max(0, untilOpen()));
  }

  private long untilOpen() {
    return opens - Go.nanoTime();
  }
}
