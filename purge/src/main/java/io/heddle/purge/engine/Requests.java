package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.StoreException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** What all requests of a run have in common: the gate they pass and how they are repeated. */
final class Requests {
  /**
   * How many times as often a request is tried that is throttled: that is no fault of the request,
   * and lasts a minute as a rule, where the usual attempts are over after some 15 seconds.
   */
  private static final int THROTTLED_ATTEMPTS = 2;

  /** For how long a store is left alone that wants it, at most: it may have a quota for a day. */
  private static final Duration LONGEST_WISH = Duration.ofDays(1);

  final Gate gate = new Gate();
  private final Plan.Retry retry;

  Requests(Plan.Retry retry) {
    this.retry = retry;
  }

  @FunctionalInterface
  interface Request<T> {
    T send() throws StoreException, InterruptedException;
  }

  /** Sends a request until it succeeds or there is no point in it any more. */
  <T> T send(Request<T> request, Context run) throws StoreException, InterruptedException {
    for (int attempt = 1; ; ) {
      gate.pass(run);
      try {
        return request.send();
      } catch (StoreException e) {
        heed(e, attempt);
        if (!isWorthAnother(e, attempt)) {
          throw e;
        }
        if (!isPutOff(e)) {
          pause(attempt++, run);
        }
      }
    }
  }

  boolean isWorthAnother(StoreException failure, int attempt) {
    boolean isThrottled = failure.kind() == StoreException.Kind.THROTTLED;
    int attempts = retry.attempts() * (isThrottled ? THROTTLED_ATTEMPTS : 1);
    return isPutOff(failure) || (failure.kind().isRetryable() && attempt < attempts);
  }

  /** Whether the store said when to come back: until then nothing was tried, and nothing failed. */
  static boolean isPutOff(StoreException failure) {
    return failure.kind() == StoreException.Kind.THROTTLED && failure.retryAfter() != null;
  }

  /** Closes the gate, for everybody, if the store wants that. */
  void heed(StoreException failure, int attempt) {
    Duration pause = wantedPause(failure, attempt);
    if (pause.isPositive()) {
      gate.close(pause);
    }
  }

  /** The same for a deletion that was sent at a time: it tells how many are too many, besides. */
  void heed(StoreException failure, int attempt, long sent) {
    if (failure.kind() == StoreException.Kind.THROTTLED) {
      gate.refused(sent, wantedPause(failure, attempt));
    } else {
      heed(failure, attempt);
    }
  }

  private Duration wantedPause(StoreException failure, int attempt) {
    Duration asked = failure.retryAfter();
    if (asked != null) {
      return limited(asked);
    }
    return failure.kind() == StoreException.Kind.THROTTLED ? backOff(attempt) : Duration.ZERO;
  }

  void keepQuiet(Duration asked) {
    gate.close(limited(asked));
  }

  private static Duration limited(Duration asked) {
    return asked.compareTo(LONGEST_WISH) < 0 ? asked : LONGEST_WISH;
  }

  void pause(int attempt, Context run) throws InterruptedException {
    Go.sleep(backOff(attempt), run);
  }

  private Duration backOff(int attempt) {
    long doubled = retry.firstPause().toNanos() << Math.min(attempt - 1, 20);
    long longest = Math.min(doubled, retry.longestPause().toNanos());
    return Duration.ofNanos(ThreadLocalRandom.current().nextLong(longest + 1));
  }
}
