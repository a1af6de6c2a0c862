package io.heddle.tour.store;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.DeadlineExceededException;
import io.heddle.Go;
import io.heddle.purge.Page;
import io.heddle.purge.StoreException;
import io.heddle.purge.StoreException.Kind;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a store that handles temporary failures. A request that fails temporarily is
 * repeated, after a random delay whose limit doubles with every attempt. A request without an
 * answer in time counts as failed. When the store reports that it is overloaded, all users of this
 * connection pause for a while, not only the one whose request was refused.
 *
 * <p>A request that has been sent runs to its end, even if the context ends, so the caller always
 * learns its outcome. The context prevents further requests, and ends the pauses between them.
 *
 * <p>Any number of goroutines may use a connection at the same time.
 */
public final class StoreClient {
  private final KeyValueStore store;
  private final Policy policy;

  /** The {@link Go#nanoTime} before which no request may be sent. */
  private final AtomicLong quietUntil = new AtomicLong();

  /**
   * How a client deals with failures.
   *
   * @param attempts the highest number of attempts
   * @param timeout how long to wait for an answer
   * @param firstPause the longest pause before the second attempt; it doubles each time
   * @param longestPause the limit of the doubling
   */
  public record Policy(int attempts, Duration timeout, Duration firstPause, Duration longestPause) {
    /** Five attempts of up to ten seconds, pauses of up to 10 ms, 20 ms, 40 ms and 80 ms. */
    public static final Policy DEFAULT =
        new Policy(5, Duration.ofSeconds(10), Duration.ofMillis(10), Duration.ofSeconds(1));
  }

  /** Connects to a store. */
  public StoreClient(KeyValueStore store) {
    this(store, Policy.DEFAULT);
  }

  /** Connects to a store. */
  public StoreClient(KeyValueStore store, Policy policy) {
    this.store = store;
    this.policy = policy;
  }

  /** Lists all keys of the store. */
  public KeyPaginator keys() {
    return new KeyPaginator(this);
  }

  /**
   * Deletes a key.
   *
   * @param context prevents further requests when it is done
   * @return true if the key was there, false if it was gone already
   * @throws InterruptedException if the thread is interrupted; a request in progress may have been
   *     executed
   */
  public boolean delete(String key, Context context) throws StoreException, InterruptedException {
    return send(
        "delete " + key,
        limited -> {
          try {
            store.delete(key, limited);
            return true;
          } catch (StoreException e) {
            if (e.kind() == Kind.NOT_FOUND) {
              return false;
            }
            throw e;
          }
        },
        context);
  }

  Page list(@Nullable String cursor, Context context) throws StoreException, InterruptedException {
    return send("list", limited -> store.list(cursor, limited), context);
  }

  private <T> T send(String name, Request<T> request, Context context)
      throws StoreException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      awaitQuiet(context);
      StoreException failure;
      try (CancelContext limited = context.withoutCancel().withTimeout(policy.timeout)) {
        return request.send(limited);
      } catch (StoreException e) {
        failure = e;
      } catch (DeadlineExceededException e) {
        failure = KeyValueStore.failure(name, Kind.TIMEOUT, null, e);
      }
      Duration pause = pause(attempt);
      if (failure.kind() == Kind.THROTTLED) {
        Duration asked = failure.retryAfter();
        keepQuiet(asked == null ? pause : asked);
      }
      if (!failure.kind().isRetryable() || attempt == policy.attempts) {
        throw failure;
      }
      Go.sleep(pause, context);
    }
  }

  /** A random delay: requests that failed together must not be repeated together. */
  private Duration pause(int attempt) {
    long longest = policy.firstPause.toNanos() << Math.min(attempt - 1, 20);
    long cap = Math.min(longest, policy.longestPause.toNanos());
    return Duration.ofNanos(ThreadLocalRandom.current().nextLong(cap + 1));
  }

  private void awaitQuiet(Context context) throws InterruptedException {
    long left;
    do {
      left = quietUntil.get() - Go.nanoTime();
      Go.sleep(Duration.ofNanos(left), context); // if nothing is left, only checks the context
    } while (left > 0);
  }

  private void keepQuiet(Duration time) {
    quietUntil.accumulateAndGet(Go.nanoTime() + time.toNanos(), Math::max);
  }

  @FunctionalInterface
  private interface Request<T> {
    T send(Context limited) throws StoreException, InterruptedException;
  }
}
