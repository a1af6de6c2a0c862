package io.heddle.rate;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.DoubleStream;

/**
 * Estimates the rate limit of a service from its answers, and paces requests by the estimate.
 *
 * <p>The service is modelled as a token bucket: it refills at a steady rate, holds a limited number
 * of tokens, and refuses whatever finds it empty. Most services have such a bucket or behave much
 * as if they had one. Neither its rate nor its capacity is known, so two refusals are needed. The
 * bucket is empty at each refusal. For any given rate, the events accepted before the refusal tell
 * how many tokens the bucket must have held. The rate for which both refusals give the same number
 * is the rate of the service.
 *
 * <p>After the first refusal the rate is therefore only a guess. It lies between two extremes: that
 * the bucket gains nothing during a pause, or that it gains everything. The guess is the geometric
 * mean of the two, and rises until the second refusal. It must not rise too fast, as a burst that
 * empties the bucket at once reveals nothing about its rate. From then on, 95 to 99% of the rate
 * that was found are used. Now and then the rate rises again, to notice whether the service's limit
 * has changed. That costs a pause, so the next probe comes later the longer the pause was and the
 * longer all went well. Whatever contradicts the model, such as a service that counts by the
 * minute, or a limit that has changed, turns the rate into a guess again.
 *
 * <p>Not safe for concurrent use. Times are in nanoseconds, from any origin that makes them
 * positive.
 */
final class ServiceRate {
  /** Which part of the rate that was found is used at first, and which in the long run. */
  private static final double FIRST_PART = 0.95;

  private static final double LAST_PART = 0.99;

  /** Within how many seconds a rising rate grows by a factor of e: tenfold in five seconds. */
  private static final double RISE = 2;

  /** The next probe comes after this multiple of the time that went well, within bounds. */
  private static final double PER_TIME_BEFORE = 2;

  /** The bounds, as multiples of the pause: probes take 5% of the time at first, later 2%. */
  private static final double LEAST_PER_PAUSE = 20;

  private static final double MOST_PER_PAUSE = 60;

  /** How many seconds of a pause count there: a wrong rate must not last for hours. */
  private static final double LONGEST_PAUSE = 15;

  /** Two rates count as the same if they differ by less than this factor. */
  private static final double SAME = 1.25;

  /** The least time, in seconds, before and after a refusal: the first may come at once. */
  private static final double SHORTEST_TIME = 0.001;

  /** The rates that a service may have, from one event in 100 seconds to four million a second. */
  private static final double[] RATES =
      DoubleStream.iterate(0.01, r -> r * 1.02).limit(1000).toArray();

  /** How far requests may fall behind the rate and catch up, as timers are late. */
  private static final long SLACK = Duration.ofMillis(10).toNanos();

  /** The longest first pause if the service does not say how long to wait. It doubles. */
  private static final long FIRST_BACK_OFF = Duration.ofMillis(100).toNanos();

  private static final long LONGEST_BACK_OFF = Duration.ofMinutes(1).toNanos();

  private long opens;
  private long next;
  private double rate = Double.POSITIVE_INFINITY;
  private boolean isGuess = true;

  /** How many seconds after the end of the pause the rate begins to rise. */
  private double steady;

  /** How many events were accepted since the end of the pause, and the times of the first, last. */
  private long accepted;

  private long first;
  private long last;

  /** Whether counting starts over, as everything counted before has been used. */
  private boolean isLearnt = true;

  /** How many events were answered together with the first one, but before it. */
  private long unseen;

  /** The least time per event, in seconds. The first ones are slow, as connections are opened. */
  private double quickest = Double.POSITIVE_INFINITY;

  /** For each of the rates: how many tokens a bucket with that rate must have held. */
  private final double[] held = new double[RATES.length];

  /** The same three numbers as of the first of two refusals. */
  private double acceptedThen;

  private double timeThen;
  private long unseenThen;

  private boolean isRefused;
  private long refused;

  /** How many refusals in a row there were, with nothing accepted in between. */
  private int inVain;

  /** Whether the service refuses single events of a request, not only requests as a whole. */
  private boolean isByEvent;

  ServiceRate(long now) {
    opens = now;
    next = now;
    first = now;
    last = now;
    refused = now - 1;
  }

  /** The rate used now, in events per second. */
  double current(long now) {
    return after(now - opens);
  }

  /** The rate so many nanoseconds after the end of the pause. */
  private double after(long open) {
    double time = seconds(Math.max(0, open));
    if (time >= steady) {
      return rate * Math.exp((time - steady) / RISE);
    }
    double left = 1 - time / steady;
    return rate * (LAST_PART - (LAST_PART - FIRST_PART) * left * left * left);
  }

  /** How long nothing may be sent because the service asked for a pause. */
  long pausedFor(long now) {
    return Math.max(0, opens - now);
  }

  /** How long nothing may be sent. */
  long delay(long now) {
    return Math.max(0, Math.max(opens, next) - now);
  }

  /** Sends nothing for some time, at least. No time leaves the end of the last pause as it is. */
  void pause(long now, long time) {
    if (time > 0) {
      opens = Math.max(opens, now + time);
    }
  }

  /**
   * How many of n events to send at once, when the delay is over. It is all of them unless the
   * service counts each: otherwise it would get more requests for fewer events.
   */
  long share(long now, long n) {
    if (isRefused) {
      learn();
    }
    return isByEvent ? (long) Math.clamp(current(now) * seconds(SLACK), 1, (double) n) : n;
  }

  void send(long now, long events) {
    next = Math.max(next, now - SLACK) + nanos(events / current(now));
  }

  /**
   * Records that of the events that were sent at a time so many were accepted. A rate is measured
   * from the end of a pause. Whether the pause was due to a refusal is known only then.
   */
  void answered(long now, long sent, long events, long through) {
    quickest = Math.min(quickest, seconds(now - sent) / events);
    boolean hasOpened = !isRefused && first < opens && opens <= sent;
    if (isLearnt || hasOpened) {
      isLearnt = false;
      accepted = 0;
      Arrays.fill(held, 0);
      first = now;
      last = now;
      unseen = events - 1;
    }
    if (isRefused || rate < Double.POSITIVE_INFINITY) {
      double passed = seconds(now - last);
      for (int i = 0; i < RATES.length; i++) {
        held[i] = Math.max(0, held[i] - RATES[i] * passed) + through;
      }
    }
    accepted += through;
    last = now;
    if (through > 0) {
      inVain = 0;
    }
  }

  /**
   * Records a refusal, and pauses; zero if the service did not say for how long. The refusal is
   * evaluated at the end of the pause, when the requests under way have been answered. Refusals of
   * requests that were sent before this one was refused add nothing new.
   */
  void refused(long now, long sent, long pause, boolean byEvent) {
    isByEvent |= byEvent;
    long time = pause;
    if (!isRefused && sent > refused) {
      isRefused = true;
      refused = now;
      if (pause == 0) {
        long longest = Math.min(FIRST_BACK_OFF << Math.min(inVain++, 20), LONGEST_BACK_OFF);
        time = ThreadLocalRandom.current().nextLong(longest + 1);
      }
    }
    pause(now, time);
  }

  /** If nothing was accepted before a refusal, it adds nothing new, however low the rate was. */
  private void learn() {
    isRefused = false;
    next = opens; // what might have been sent during the pause is not made up for
    if (accepted > 0) {
      double before = Math.max(SHORTEST_TIME, seconds(last - first) + unseen * quickest);
      double pause = Math.max(SHORTEST_TIME, seconds(opens - last));
      double most = accepted / before;
      double least = accepted / (before + pause);
      boolean isFirst = rate == Double.POSITIVE_INFINITY;
      double found = isFirst ? 0 : found(Math.max(most, after(refused - first)));
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
   * The rate, below a limit, for which the bucket held as many tokens as at the refusal before; 0
   * if there is none. Between two of the rates that are tried, the difference is interpolated.
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

  static long nanos(double seconds) {
    return (long) Math.min(seconds * 1e9, RateLimiter.LONGEST_NANOS / 4.0);
  }
}
