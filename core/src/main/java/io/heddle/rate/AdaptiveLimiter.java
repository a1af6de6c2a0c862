package io.heddle.rate;

import io.heddle.CancelContext;
import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.DeadlineExceededException;
import io.heddle.Go;
import io.heddle.Semaphore;
import io.heddle.internal.TestAccess;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Limits the rate and the concurrency of requests to what a remote service accepts. It learns both
 * from the answers.
 *
 * <p>Take a {@link Permit} for each request, and report the answer to it:
 *
 * {@snippet :
 * var limiter = new AdaptiveLimiter(100);            // at most 100 requests at a time
 *
 * Response fetch(Request request) throws Exception {
 *   while (true) {
 *     try (Permit permit = limiter.acquire(context)) {
 *       Response response = client.send(request);
 *       switch (response.status()) {
 *         case 429 -> permit.refused(response.retryAfter());
 *         case 503 -> permit.overloaded();
 *         default -> {
 *           permit.accepted();
 *           return response;
 *         }
 *       }
 *     }
 *   }
 * }
 * }
 *
 * <p><b>Rate.</b> At first the rate is not limited. After a refusal there are no permits for as
 * long as the service asked for, or, if it did not say, for a random time of up to 100 ms that
 * doubles with each refusal in a row, up to a minute. Then permits are given out at an estimated
 * rate. The limiter assumes that the service has a token bucket. From the second refusal on it
 * usually knows the rate of that bucket, and uses 95 to 99% of it. From time to time the rate rises
 * for a moment, to notice whether the service's limit has been raised; that costs a refusal. A
 * limit that falls is noticed by the refusals that it causes.
 *
 * <p><b>Concurrency.</b> At first the maximum number of permits may be held at a time. A request
 * that is refused, or that overloads the service, halves the number. Requests that are accepted
 * raise it again, one by one, as long as they take less than twice as long as at best.
 *
 * <p><b>Events.</b> A service may count requests, or what they contain, such as the keys to delete.
 * Acquire a permit for the number of events that a request would contain. The permit may be for
 * fewer if the service refuses single events.
 *
 * <p>An acquire waits in the order of arrival. It cannot be a case of a select, as it takes a place
 * in a queue. In a bubble of {@code io.heddle.testing} a limiter from outside has learned nothing.
 *
 * <p>It may be used by any number of goroutines and threads. Unlike a lock it orders nothing: no
 * happens-before edge follows from permits.
 *
 * <p>Go has no counterpart. The AWS SDKs' adaptive retry mode adapts a rate, and Netflix's
 * concurrency-limits a concurrency.
 */
public final class AdaptiveLimiter {
  /** What dumps and exceptions call the wait. */
  private static final String ACQUIRE = "AdaptiveLimiter.acquire";

  /** Held by the goroutine that is next, so that a rate that changes applies to all others. */
  private final Semaphore turn = new Semaphore(1);

  private final Semaphore slots;
  private final double limit;
  private final long burst;

  // Guarded by the lock.
  private final Object lock = new Object();
  private final ConcurrencyWindow window;
  private int active;
  private Object clock = TestAccess.get().clock();
  private long origin = Go.nanoTime();
  private ServiceRate rate = new ServiceRate(0);

  /** When the bucket of the fixed limit will be full. */
  private long full;

  /**
   * Makes a limiter that has learned nothing yet.
   *
   * @param maxConcurrency how many permits may be held at a time, at most
   * @throws IllegalArgumentException if it is less than 1
   */
  public AdaptiveLimiter(int maxConcurrency) {
    this(1, maxConcurrency, RateLimiter.INFINITE, Long.MAX_VALUE);
  }

  /**
   * Makes a limiter that has learned nothing yet, with bounds for what it may learn.
   *
   * @param minConcurrency how many permits may be held at a time even if the service is overloaded
   * @param maxConcurrency how many permits may be held at a time, at most
   * @param limit events per second, at most, positive; {@link RateLimiter#INFINITE} for no limit
   * @param burst how many events may be sent at once after a pause, with a limit that is not
   *     infinite; no permit is for more
   * @throws IllegalArgumentException if a number is not positive, or the least concurrency is
   *     greater than the greatest
   */
  public AdaptiveLimiter(int minConcurrency, int maxConcurrency, double limit, long burst) {
    if (minConcurrency < 1 || minConcurrency > maxConcurrency) {
      throw new IllegalArgumentException(
          "concurrency of an AdaptiveLimiter: " + minConcurrency + " to " + maxConcurrency);
    }
    if (!(limit > 0) || burst < 1) { // also if the limit is not a number
      throw new IllegalArgumentException(
          "limit of an AdaptiveLimiter: " + limit + "/s, burst " + burst);
    }
    this.window = new ConcurrencyWindow(minConcurrency, maxConcurrency);
    this.slots = new Semaphore(maxConcurrency);
    this.limit = limit;
    this.burst = limit == RateLimiter.INFINITE ? Long.MAX_VALUE : burst;
  }

  /**
   * Acquires a permit for a request with one event, waiting until it may be sent.
   *
   * @return the permit; close it when the request has been answered
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public Permit acquire() throws InterruptedException {
    return acquire(1);
  }

  /**
   * Acquires a permit for a request with one event, unless the context is done first.
   *
   * @param context ends the wait
   * @return the permit; close it when the request has been answered
   * @throws ContextException if the context is done; nothing is acquired
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public Permit acquire(Context context) throws InterruptedException {
    return acquire(1, context);
  }

  /**
   * Acquires a permit for a request with one event, waiting for a limited time.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @return the permit; close it when the request has been answered
   * @throws TimeoutException if the time is over; nothing is acquired
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public Permit acquire(Duration timeout) throws InterruptedException, TimeoutException {
    return acquire(1, timeout);
  }

  /**
   * Acquires a permit for a request with several events, waiting until it may be sent.
   *
   * @param n how many events the request would contain
   * @return the permit, for {@link Permit#count} of the events; close it when the request has been
   *     answered
   * @throws IllegalArgumentException if n is less than 1
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public Permit acquire(long n) throws InterruptedException {
    return acquire(n, Context.background());
  }

  /**
   * Acquires a permit for a request with several events, unless the context is done first.
   *
   * @param n how many events the request would contain
   * @param context ends the wait
   * @return the permit, for {@link Permit#count} of the events; close it when the request has been
   *     answered
   * @throws ContextException if the context is done; nothing is acquired
   * @throws IllegalArgumentException if n is less than 1
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public Permit acquire(long n, Context context) throws InterruptedException {
    checkEvents(n);
    Objects.requireNonNull(context, "context");
    TestAccess.get().await(ACQUIRE, () -> turn.acquire(context));
    try {
      TestAccess.get().await(ACQUIRE, () -> slots.acquire(context));
      Permit permit = null;
      try {
        while ((permit = take(n)) == null) {
          TestAccess.get().await(ACQUIRE, () -> Go.sleep(delay(n), context));
        }
        return permit;
      } finally {
        if (permit == null) {
          slots.release();
        }
      }
    } finally {
      turn.release();
    }
  }

  /**
   * Acquires a permit for a request with several events, waiting for a limited time.
   *
   * @param n how many events the request would contain
   * @param timeout how long to wait at most; zero or less does not wait
   * @return the permit, for {@link Permit#count} of the events; close it when the request has been
   *     answered
   * @throws TimeoutException if the time is over; nothing is acquired
   * @throws IllegalArgumentException if n is less than 1
   * @throws InterruptedException if the thread is interrupted; nothing is acquired
   */
  public Permit acquire(long n, Duration timeout) throws InterruptedException, TimeoutException {
    TestAccess.get().await(ACQUIRE, () -> Go.sleep(Duration.ZERO)); // throws if interrupted
    Permit permit = tryAcquire(n);
    if (permit != null) {
      return permit;
    }
    try (CancelContext context = Context.background().withTimeout(timeout)) {
      return acquire(n, context);
    } catch (DeadlineExceededException e) {
      String time = timeout.toString().substring("PT".length()).toLowerCase(Locale.ROOT);
      throw new TimeoutException(ACQUIRE + ": timed out after " + time);
    }
  }

  /**
   * Acquires a permit for a request with one event if it may be sent at once.
   *
   * @return the permit; close it when the request has been answered. Null if it may not be sent
   *     now, or others wait.
   */
  public @Nullable Permit tryAcquire() {
    return tryAcquire(1);
  }

  /**
   * Acquires a permit for a request with several events if it may be sent at once.
   *
   * @param n how many events the request would contain
   * @return the permit, for {@link Permit#count} of the events; close it when the request has been
   *     answered. Null if it may not be sent now, or others wait.
   * @throws IllegalArgumentException if n is less than 1
   */
  public @Nullable Permit tryAcquire(long n) {
    checkEvents(n);
    if (!turn.tryAcquire()) {
      return null;
    }
    try {
      if (!slots.tryAcquire()) {
        return null;
      }
      Permit permit = take(n);
      if (permit == null) {
        slots.release();
      }
      return permit;
    } finally {
      turn.release();
    }
  }

  /** Yields null if it is too early. */
  private @Nullable Permit take(long n) {
    synchronized (lock) {
      long now = nowLocked();
      if (delay(now, n) > 0) {
        return null;
      }
      long count = share(now, n);
      rate.send(now, count);
      full = Math.max(full, now) + ServiceRate.nanos(count / limit);
      active++;
      return new Permit(this, rate, now, count);
    }
  }

  private Duration delay(long n) {
    synchronized (lock) {
      return Duration.ofNanos(delay(nowLocked(), n));
    }
  }

  private long delay(long now, long n) {
    long delay = rate.delay(now);
    if (delay > 0) {
      return delay;
    }
    double before = (burst - share(now, n)) / limit; // the bucket has enough so long before
    return Math.max(0, full - ServiceRate.nanos(before) - now);
  }

  private long share(long now, long n) {
    return Math.min(burst, rate.share(now, n));
  }

  private static void checkEvents(long n) {
    if (n < 1) {
      throw new IllegalArgumentException("acquire of " + n + " events of an AdaptiveLimiter");
    }
  }

  /** The time since the origin. Starts over if the clock is another one. */
  private long nowLocked() {
    assert Thread.holdsLock(lock);
    Object callers = TestAccess.get().clock();
    long now = Go.nanoTime();
    if (callers != clock) {
      clock = callers;
      origin = now;
      rate = new ServiceRate(0);
      full = 0;
    }
    return now - origin;
  }

  void release(Permit permit) {
    synchronized (lock) {
      active--;
      long now = nowLocked();
      if (permit.rate == rate) { // else it is of another clock
        report(permit, now);
      }
    }
    slots.release();
  }

  private void report(Permit permit, long now) {
    if (permit.isReported()) {
      rate.answered(now, permit.sent, permit.count(), permit.accepted);
    }
    if (permit.refused > 0) {
      rate.refused(now, permit.sent, permit.pause, permit.isByEvent);
    } else {
      rate.pause(now, permit.pause);
    }
    int before = window.size();
    if (permit.isOverloaded || permit.refused > 0) {
      window.overloaded(now, permit.sent);
    } else if (permit.accepted > 0) {
      window.succeeded(now, permit.sent, permit.count());
    }
    if (window.size() != before) {
      slots.resize(window.size());
    }
  }

  /**
   * Gives out no permits for some time, as when the service asks for a pause in an answer to a
   * request without a permit. A pause that ends later is not shortened.
   *
   * @param time how long, from now; zero or less does nothing
   */
  public void pause(Duration time) {
    synchronized (lock) {
      rate.pause(nowLocked(), positiveNanos(time));
    }
  }

  static long positiveNanos(Duration time) {
    return Math.clamp(RateLimiter.nanos(time), 0, RateLimiter.LONGEST_NANOS);
  }

  /**
   * How long there will be no permits, because the service asked for a pause or refused a request.
   *
   * @return the time from now; zero if there is no pause
   */
  public Duration pausedFor() {
    synchronized (lock) {
      return Duration.ofNanos(rate.pausedFor(nowLocked()));
    }
  }

  /**
   * The rate at which permits are given out at the moment, unless requests take too long for that.
   *
   * @return events per second; {@link RateLimiter#INFINITE} if nothing limits it
   */
  public double limit() {
    synchronized (lock) {
      return Math.min(limit, rate.current(nowLocked()));
    }
  }

  /**
   * How many permits may be held at the moment.
   *
   * @return a number between the least and the greatest concurrency
   */
  public int concurrency() {
    synchronized (lock) {
      return window.size();
    }
  }

  /**
   * How many permits are held at the moment. That may be more than {@link #concurrency} after a
   * decrease.
   *
   * @return a number of permits
   */
  public int active() {
    synchronized (lock) {
      return active;
    }
  }

  @Override
  public String toString() {
    return "AdaptiveLimiter[" + limit() + "/s, " + active() + " of " + concurrency() + " active]";
  }
}
