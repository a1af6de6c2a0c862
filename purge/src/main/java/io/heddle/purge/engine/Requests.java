package io.heddle.purge.engine;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.purge.Deletion;
import io.heddle.purge.Outcome;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import io.heddle.rate.AdaptiveLimiter;
import io.heddle.rate.Permit;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** When and how often the requests of a run are sent: its limiter and the rules for retries. */
final class Requests {
  /**
   * How many times as often a throttled request is sent. The request is not at fault, and
   * throttling usually lasts a minute, whereas the normal attempts are over after some 15 seconds.
   */
  private static final int THROTTLED_ATTEMPTS = 2;

  /** The longest pause that a store can ask for: it may have a daily quota. */
  private static final Duration LONGEST_PAUSE = Duration.ofDays(1);

  final AdaptiveLimiter limiter;
  private final Plan.Retry retry;
  private final Progress progress;
  private final SharedPace pace;

  Requests(Plan plan, Progress progress, SharedPace shared) {
    this.progress = progress;
    this.pace = shared;
    Plan.Pace own = plan.pace();
    this.limiter =
        new AdaptiveLimiter(own.minConcurrency(), own.maxConcurrency(), own.rate(), own.burst());
    this.retry = plan.retry();
  }

  @FunctionalInterface
  interface Request<T> {
    T send() throws StoreException, InterruptedException;
  }

  /**
   * Sends a request other than a deletion until it succeeds or another attempt makes no sense. It
   * observes only the pauses that the store asks for: the limits apply to deletions.
   */
  <T> T send(Request<T> request, Context run) throws StoreException, InterruptedException {
    String cause = null;
    for (int attempt = 1; ; ) {
      Duration pause = limiter.pausedFor();
      while (pause.isPositive()) {
        Go.sleep(pause, run);
        pause = limiter.pausedFor();
      }
      progress.waiting(new Progress.Waiting(attempt, retry.attempts(), Go.nanoTime(), cause));
      try {
        T answer = request.send();
        progress.waiting(null);
        return answer;
      } catch (StoreException e) {
        cause = e.getMessage();
        Duration asked = retryAfter(e);
        if (asked != null) {
          limiter.pause(asked);
          pace.refused(asked);
        } else if (e.kind() == Kind.THROTTLED) {
          limiter.pause(backOff(attempt));
          pace.refused(null);
        }
        if (!isWorthAnother(e, attempt)) {
          progress.waiting(null);
          throw e;
        }
        if (!isPutOff(e)) {
          pause(attempt++, run);
        }
      }
    }
  }

  boolean isWorthAnother(StoreException failure, int attempt) {
    int attempts = retry.attempts() * (failure.kind() == Kind.THROTTLED ? THROTTLED_ATTEMPTS : 1);
    return isPutOff(failure) || (failure.kind().isRetryable() && attempt < attempts);
  }

  /** Whether the store said when to come back: such an attempt does not count as failed. */
  static boolean isPutOff(StoreException failure) {
    return failure.kind() == Kind.THROTTLED && failure.retryAfter() != null;
  }

  private static @Nullable Duration retryAfter(StoreException failure) {
    Duration asked = failure.retryAfter();
    return asked == null || asked.compareTo(LONGEST_PAUSE) < 0 ? asked : LONGEST_PAUSE;
  }

  /** Reports the outcome of the keys of one request to the limiter. */
  void report(Permit permit, Deletion deletion) {
    for (Outcome outcome : deletion.outcomes()) {
      if (!(outcome instanceof Outcome.Failed(StoreException cause, _))) {
        permit.accepted(1);
      } else if (cause.kind() == Kind.THROTTLED) {
        permit.refused(1, retryAfter(cause));
        pace.refused(retryAfter(cause));
      } else {
        report(permit, cause, 1);
      }
    }
    permit.pause(deletion.pause());
    if (deletion.pause().isPositive()) {
      pace.refused(deletion.pause());
    }
  }

  /** Waits until the processes together may send this request. */
  void await(Permit permit, Context run) throws InterruptedException {
    pace.take(permit.count(), run);
  }

  /** Reports to the limiter that a request failed. */
  void report(Permit permit, StoreException cause) {
    if (cause.kind() == Kind.THROTTLED) {
      permit.refused(retryAfter(cause));
      pace.refused(retryAfter(cause));
    } else {
      report(permit, cause, permit.count());
    }
  }

  private void report(Permit permit, StoreException cause, long keys) {
    if (cause.kind() == Kind.UNAVAILABLE || cause.kind() == Kind.TIMEOUT) {
      permit.overloaded();
    } else {
      permit.accepted(keys);
    }
    Duration asked = retryAfter(cause);
    permit.pause(asked);
    if (asked != null) {
      pace.refused(asked);
    }
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
