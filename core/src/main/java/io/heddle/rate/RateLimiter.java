package io.heddle.rate;

import io.heddle.Context;
import io.heddle.ContextException;
import io.heddle.DeadlineExceededException;
import io.heddle.Go;
import io.heddle.internal.TestAccess;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeoutException;

/**
 * Limits how often events may happen: Go's {@code rate.Limiter}.
 *
 * <p>It is a bucket of tokens, full at first, that fills at a steady {@linkplain #limit limit} of
 * tokens a second and holds at most {@linkplain #burst burst} of them. Each event takes a token, or
 * several. Over a long time this allows {@code limit} events a second; at one moment it allows up
 * to {@code burst}.
 *
 * <p>If there are not enough tokens, {@link #tryAcquire()} returns false, {@link #acquire()} waits,
 * and {@link #reserve()} returns how long to wait. These are Go's {@code Allow}, {@code Wait} and
 * {@code Reserve}.
 *
 * {@snippet :
 * var limiter = RateLimiter.perSecond(10, 1);        // evenly spaced
 * for (Request request : requests) {
 *   limiter.acquire(context);
 *   go(() -> handle(request));
 * }
 * }
 *
 * <p>Callers are served in order: a wait takes the tokens at once, on credit, and then sleeps until
 * they would have been available. A wait that is interrupted or cancelled returns its tokens. An
 * acquire cannot be a case of a select, because taking a place in the order is an effect, and only
 * the chosen case may have one. Reserve before, and let the select wait for {@link
 * Reservation#onReady}.
 *
 * <p>Time is read from the caller's clock. Times of two clocks cannot be compared, so a limiter
 * that was used outside of a bubble of {@code io.heddle.testing} starts over in the bubble with a
 * full bucket, and vice versa. A limiter that is used on both sides at the same time does not keep
 * its limit.
 *
 * <p>It may be used by any number of goroutines. Unlike a lock it establishes no happens-before
 * relation.
 */
public final class RateLimiter {
  // The bucket is never filled by a clock that ticks. Each call brings it up to
  // date, from the time that has passed since the last one. Tokens below zero are credit: they have
  // been taken by those who are waiting for them. Time that jumps back fills nothing, and counts
  // from there; so every change reads the clock under the lock; otherwise a goroutine that is held
  // up after reading it would turn the time back and have the others fill the same span again.

  /** The limit that allows everything, whatever the burst: Go's {@code rate.Inf}. */
  public static final double INFINITE = Double.POSITIVE_INFINITY;

  /** What dumps and exceptions call the wait. */
  private static final String ACQUIRE = "RateLimiter.acquire";

  private static final double NANOS_A_SECOND = 1e9;

  /** There is a token, or may be. */
  private static final long NOT_EMPTY = Long.MIN_VALUE;

  /** 146 years: so that times can be compared. */
  static final long LONGEST_NANOS = Long.MAX_VALUE / 2;

  private final Object lock = new Object();

  // All guarded by the lock.
  private double limit;
  private long burst;
  private double tokens;

  /** When {@link #tokens} was right. */
  private long updated;

  /** The latest time at which a reservation becomes ready. */
  private long lastReady;

  /**
   * Until when there is not a single token. It is changed with the lock held and also read without:
   * callers that are refused, which may be many, need not queue for it. There was none when they
   * read it, as the time had not come even after that.
   */
  private volatile long emptyUntil;

  /** What the times above are of. It is set after {@link #emptyUntil} when it changes. */
  private volatile Object clock = TestAccess.get().clock();

  private RateLimiter(double limit, long burst) {
    this.limit = checkLimit(limit);
    this.burst = checkBurst(burst);
    synchronized (lock) {
      fillLocked(Go.nanoTime(), (double) burst);
    }
  }

  /** The time: starts over if it is another clock's than before. */
  private long nowLocked() {
    assert Thread.holdsLock(lock);
    Object callers = TestAccess.get().clock();
    long now = Go.nanoTime();
    if (callers != clock) {
      emptyUntil = NOT_EMPTY;
      clock = callers;
      lastReady = now;
      fillLocked(now, (double) burst);
    }
    return now;
  }

  /**
   * Makes a limiter with a full bucket that allows so many tokens a second: Go's {@code
   * rate.NewLimiter(r, b)}.
   *
   * @param limit tokens a second, not negative; {@link #INFINITE} for no limit
   * @param burst the most tokens that can be taken at once, not negative; with 0, and a limit that
   *     is not infinite, none can ever be taken
   * @return a new limiter
   * @throws IllegalArgumentException if one is negative or the limit not a number
   */
  public static RateLimiter perSecond(double limit, long burst) {
    return new RateLimiter(limit, burst);
  }

  /**
   * Makes a limiter with a full bucket that allows a token in each interval: Go's {@code
   * rate.NewLimiter(rate.Every(d), b)}.
   *
   * @param interval the time between two tokens; zero or less is no limit
   * @param burst the most tokens that can be taken at once, not negative; with 0, and a limit that
   *     is not infinite, none can ever be taken
   * @return a new limiter
   * @throws IllegalArgumentException if the burst is negative
   */
  public static RateLimiter every(Duration interval, long burst) {
    double limit =
        interval.isPositive()
            ? 1 / (interval.getSeconds() + interval.getNano() / NANOS_A_SECOND)
            : INFINITE;
    return new RateLimiter(limit, burst);
  }

  /**
   * Takes a token, waiting until there is one.
   *
   * @throws InterruptedException if the thread is interrupted; nothing is taken
   * @throws IllegalArgumentException if the burst is 0, and the limit not infinite
   */
  public void acquire() throws InterruptedException {
    acquire(1);
  }

  /**
   * Takes a token, unless the context is done first: Go's {@code lim.Wait(ctx)}. Throws at once if
   * the token would come after the context's deadline.
   *
   * @param context ends the wait
   * @throws ContextException if the context is done, or its deadline would pass first; nothing is
   *     taken
   * @throws InterruptedException if the thread is interrupted; nothing is taken
   * @throws IllegalArgumentException if the burst is 0, and the limit not infinite
   */
  public void acquire(Context context) throws InterruptedException {
    acquire(1, context);
  }

  /**
   * Takes a token, waiting for a limited time. Throws at once if the token would come later than
   * that.
   *
   * @param timeout how long to wait at most; zero or less does not wait
   * @throws TimeoutException if the token would come too late; nothing is taken
   * @throws InterruptedException if the thread is interrupted; nothing is taken
   * @throws IllegalArgumentException if the burst is 0, and the limit not infinite
   */
  public void acquire(Duration timeout) throws InterruptedException, TimeoutException {
    acquire(1, timeout);
  }

  /**
   * Takes tokens, waiting until there are enough. With a limit of 0 that may be never.
   *
   * @param n how many
   * @throws InterruptedException if the thread is interrupted; nothing is taken
   * @throws IllegalArgumentException if it is negative, or more than the burst with a limit that is
   *     not infinite
   */
  public void acquire(long n) throws InterruptedException {
    acquire(n, Context.background(), Long.MAX_VALUE);
  }

  /**
   * Takes tokens, unless the context is done first: Go's {@code lim.WaitN(ctx, n)}. Throws at once
   * if the tokens would come after the context's deadline.
   *
   * @param n how many
   * @param context ends the wait
   * @throws ContextException if the context is done, or its deadline would pass first; nothing is
   *     taken
   * @throws InterruptedException if the thread is interrupted; nothing is taken
   * @throws IllegalArgumentException if n is negative, or more than the burst with a limit that is
   *     not infinite
   */
  public void acquire(long n, Context context) throws InterruptedException {
    if (!acquire(n, Objects.requireNonNull(context, "context"), Long.MAX_VALUE)) {
      throw new DeadlineExceededException(
          ACQUIRE + ": would exceed the deadline of the context", null);
    }
  }

  /**
   * Takes tokens, waiting for a limited time. Throws at once if the tokens would come later than
   * that.
   *
   * @param n how many
   * @param timeout how long to wait at most; zero or less does not wait
   * @throws TimeoutException if the tokens would come too late; nothing is taken
   * @throws InterruptedException if the thread is interrupted; nothing is taken
   * @throws IllegalArgumentException if n is negative, or more than the burst with a limit that is
   *     not infinite
   */
  public void acquire(long n, Duration timeout) throws InterruptedException, TimeoutException {
    if (!acquire(n, Context.background(), Math.max(0, nanos(timeout)))) {
      String time = timeout.toString().substring("PT".length()).toLowerCase(Locale.ROOT);
      throw new TimeoutException(ACQUIRE + ": would take longer than " + time);
    }
  }

  /** Takes tokens; false, without waiting, if they would come too late. */
  private boolean acquire(long n, Context context, long timeout) throws InterruptedException {
    checkTokens(n);
    // Throws if interrupted or done.
    TestAccess.get().await(ACQUIRE, () -> Go.sleep(Duration.ZERO, context));
    var deadline = context.deadline();
    long patience =
        deadline == null
            ? timeout
            : Math.max(0, Math.min(timeout, nanos(Duration.between(Go.now(), deadline))));
    Reservation reservation;
    synchronized (lock) {
      if (n > burst && limit != INFINITE) {
        throw new IllegalArgumentException(
            "acquire of " + n + " tokens of a RateLimiter with a burst of " + burst);
      }
      reservation = reserve(nowLocked(), n, patience);
    }
    if (!reservation.isOk()) {
      return false;
    }
    Duration delay = reservation.delay();
    if (delay.isZero()) {
      return true; // without asking the context again: the tokens cannot be given back any more
    }
    boolean slept = false;
    try {
      TestAccess.get().await(ACQUIRE, () -> Go.sleep(delay, context));
      slept = true;
    } finally {
      if (!slept) {
        reservation.cancel();
      }
    }
    return true;
  }

  /**
   * Takes a token if there is one at once: Go's {@code lim.Allow()}.
   *
   * @return whether it is taken
   */
  public boolean tryAcquire() {
    return tryAcquire(1);
  }

  /**
   * Takes tokens if there are enough at once: Go's {@code lim.AllowN(time.Now(), n)}.
   *
   * @param n how many
   * @return whether they are taken
   * @throws IllegalArgumentException if n is negative
   */
  public boolean tryAcquire(long n) {
    checkTokens(n);
    Object known = clock; // read before the time that is by this clock
    long until = emptyUntil;
    if (n > 0
        && until != NOT_EMPTY
        && Go.nanoTime() - until < 0
        && known == TestAccess.get().clock()) {
      return false;
    }
    synchronized (lock) {
      return tryAcquire(nowLocked(), n);
    }
  }

  boolean tryAcquire(long now, long n) {
    return reserve(now, n, 0).isOk();
  }

  /**
   * Takes a token, on credit if there is none: Go's {@code lim.Reserve()}.
   *
   * @return when the token may be used
   */
  public Reservation reserve() {
    return reserve(1);
  }

  /**
   * Takes tokens, on credit if there are not enough: Go's {@code lim.ReserveN(time.Now(), n)}.
   *
   * @param n how many
   * @return when the tokens may be used; not {@linkplain Reservation#isOk ok}, and nothing is
   *     taken, if n is more than the burst with a limit that is not infinite
   * @throws IllegalArgumentException if n is negative
   */
  public Reservation reserve(long n) {
    synchronized (lock) {
      return reserve(nowLocked(), n, Long.MAX_VALUE);
    }
  }

  /** Takes tokens unless they exceed the burst, or would be available too late. */
  Reservation reserve(long now, long n, long patience) {
    checkTokens(n);
    synchronized (lock) {
      if (limit == INFINITE) {
        return new Reservation(this, true, 0, limit, now, clock);
      }
      double left = tokensAtLocked(now) - n;
      long wait = left < 0 ? nanosFor(-left, limit) : 0;
      if (n > burst || wait > patience) {
        return new Reservation(this, false, 0, limit, now, clock);
      }
      long ready = now + wait < 0 ? Long.MAX_VALUE : now + wait;
      fillLocked(now, left);
      lastReady = ready;
      return new Reservation(this, true, n, limit, ready, clock);
    }
  }

  void giveBack(Reservation reservation) {
    synchronized (lock) {
      giveBack(nowLocked(), reservation);
    }
  }

  /**
   * Gives back what a reservation took that is not ready yet, less what has been reserved after it:
   * later callers keep the times they were given, and their tokens come out of these.
   */
  void giveBack(long now, Reservation reservation) {
    synchronized (lock) {
      if (limit == INFINITE
          || reservation.tokens == 0
          || reservation.ready < now
          || reservation.clock != clock) {
        return;
      }
      long later = lastReady - reservation.ready;
      double unused = reservation.tokens - later / NANOS_A_SECOND * reservation.limit;
      if (!(unused > 0)) {
        return;
      }
      fillLocked(now, Math.min((double) burst, tokensAtLocked(now) + unused));
      if (reservation.ready == lastReady) {
        long before = reservation.ready - nanosFor((double) reservation.tokens, reservation.limit);
        if (before >= now) {
          lastReady = before;
        }
      }
    }
  }

  /**
   * Tokens a second: Go's {@code lim.Limit()}.
   *
   * @return the limit
   */
  public double limit() {
    synchronized (lock) {
      return limit;
    }
  }

  /**
   * Changes the limit: Go's {@code lim.SetLimit(r)}. Those who wait already, and reservations
   * already made, keep their times.
   *
   * @param limit tokens a second from now on, not negative
   * @throws IllegalArgumentException if it is negative or not a number
   */
  public void setLimit(double limit) {
    synchronized (lock) {
      setLimit(nowLocked(), limit);
    }
  }

  void setLimit(long now, double limit) {
    checkLimit(limit);
    synchronized (lock) {
      double held = tokensAtLocked(now);
      this.limit = limit;
      fillLocked(now, held);
    }
  }

  /**
   * The most tokens that can be taken at once: Go's {@code lim.Burst()}.
   *
   * @return the burst
   */
  public long burst() {
    synchronized (lock) {
      return burst;
    }
  }

  /**
   * Changes the burst: Go's {@code lim.SetBurst(b)}. Those who wait already, and reservations
   * already made, keep their times.
   *
   * @param burst the most tokens that can be taken at once from now on, not negative
   * @throws IllegalArgumentException if it is negative
   */
  public void setBurst(long burst) {
    synchronized (lock) {
      setBurst(nowLocked(), burst);
    }
  }

  void setBurst(long now, long burst) {
    checkBurst(burst);
    synchronized (lock) {
      fillLocked(now, tokensAtLocked(now));
      this.burst = burst;
    }
  }

  /**
   * The tokens there are now: Go's {@code lim.Tokens()}.
   *
   * @return the number, not always whole; negative if tokens were taken on credit
   */
  public double tokens() {
    synchronized (lock) {
      return tokens(nowLocked());
    }
  }

  double tokens(long now) {
    synchronized (lock) {
      return tokensAtLocked(now);
    }
  }

  @Override
  public String toString() {
    synchronized (lock) {
      return "RateLimiter[" + limit + "/s, burst " + burst + "]";
    }
  }

  /** Says how many tokens there are at a time. */
  private void fillLocked(long now, double tokens) {
    assert Thread.holdsLock(lock);
    this.tokens = tokens;
    updated = now;
    long wait = nanosFor(1 - tokens, limit);
    emptyUntil = wait > 0 ? now + Math.min(wait, LONGEST_NANOS) : NOT_EMPTY;
  }

  private double tokensAtLocked(long now) {
    assert Thread.holdsLock(lock);
    if (limit == INFINITE) {
      return burst;
    }
    double gained = Math.max(0, now - updated) / NANOS_A_SECOND * limit;
    return Math.min((double) burst, tokens + gained);
  }

  /** How long so many tokens take to come; with a limit of 0, the longest time there is. */
  private static long nanosFor(double tokens, double limit) {
    return Math.round(tokens / limit * NANOS_A_SECOND);
  }

  /** A duration in nanoseconds, as many as there are if it has more (292 years). */
  static long nanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      return duration.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  private static double checkLimit(double limit) {
    if (!(limit >= 0)) { // also if it is not a number
      throw new IllegalArgumentException("limit of a RateLimiter: " + limit);
    }
    return limit;
  }

  private static long checkBurst(long burst) {
    if (burst < 0) {
      throw new IllegalArgumentException("burst of a RateLimiter: " + burst + " is negative");
    }
    return burst;
  }

  private static void checkTokens(long n) {
    if (n < 0) {
      throw new IllegalArgumentException("tokens of a RateLimiter: " + n + " is negative");
    }
  }
}
