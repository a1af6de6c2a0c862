package io.heddle.rate;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Permission of an {@link AdaptiveLimiter} to send one request. Report the answer to it, and close
 * it.
 *
 * <p>The limiter learns from the reports when the permit is closed. A permit without a report, as
 * after an exception, teaches it nothing. If the answer has a result for each event of the request,
 * make several reports:
 *
 * {@snippet :
 * try (Permit permit = limiter.acquire(keys.size(), context)) {
 *   Results results = client.delete(keys.subList(0, (int) permit.count()));
 *   permit.accepted(results.deleted());
 *   permit.refused(results.throttled(), results.retryAfter());
 * }
 * }
 *
 * <p>None of the methods waits. A permit may be handed to another goroutine, but is not safe for
 * concurrent use. Go has no counterpart.
 */
public final class Permit implements AutoCloseable {
  private final AdaptiveLimiter limiter;
  private final long count;
  private boolean isClosed;

  /** What the limiter knew when it gave the permit. */
  final ServiceRate rate;

  final long sent;
  long accepted;
  long refused;
  long pause;
  boolean isByEvent;
  boolean isOverloaded;

  Permit(AdaptiveLimiter limiter, ServiceRate rate, long sent, long count) {
    this.limiter = limiter;
    this.rate = rate;
    this.sent = sent;
    this.count = count;
  }

  /**
   * How many events the request may contain.
   *
   * @return at least 1, and at most the acquired number
   */
  public long count() {
    return count;
  }

  /** Reports that the service answered all events and did not refuse them as too many. */
  public void accepted() {
    accepted(count);
  }

  /**
   * Reports that the service answered some events and did not refuse them as too many.
   *
   * @param events how many
   * @throws IllegalArgumentException if they are negative, or more than the permit has left
   */
  public void accepted(long events) {
    check(events);
    accepted += events;
  }

  /**
   * Reports that the service refused the request as a whole, as there are too many: HTTP's status
   * 429.
   *
   * @param retryAfter how long the service asked to wait; null, zero or less if it did not say
   */
  public void refused(@Nullable Duration retryAfter) {
    refuse(count, retryAfter);
  }

  /**
   * Reports that the service refused some of the events, as there are too many, and not the request
   * as a whole. From then on permits may be for fewer events than acquired.
   *
   * @param events how many; zero does nothing
   * @param retryAfter how long the service asked to wait; null, zero or less if it did not say
   * @throws IllegalArgumentException if they are negative, or more than the permit has left
   */
  public void refused(long events, @Nullable Duration retryAfter) {
    refuse(events, retryAfter);
    isByEvent |= events > 0;
  }

  private void refuse(long events, @Nullable Duration retryAfter) {
    check(events);
    refused += events;
    if (events > 0) {
      pause(retryAfter);
    }
  }

  /**
   * Reports that the service could not answer, or not in time: HTTP's status 503, or a timeout.
   * That lowers the concurrency, but not the rate.
   */
  public void overloaded() {
    isOverloaded = true;
  }

  /**
   * Reports that the service asked for a pause, without or besides a refusal. It begins when the
   * permit is closed, and applies to all permits that have not been given out by then.
   *
   * @param time how long; null, zero or less for no pause
   */
  public void pause(@Nullable Duration time) {
    if (time != null) {
      pause = Math.max(pause, AdaptiveLimiter.positiveNanos(time));
    }
  }

  boolean isReported() {
    return isOverloaded || accepted + refused > 0;
  }

  private void check(long events) {
    if (events < 0 || events > count - accepted - refused) {
      throw new IllegalArgumentException(
          "report of "
              + events
              + " events of a permit for "
              + count
              + ", "
              + (accepted + refused)
              + " of which are reported");
    }
  }

  /** Gives the permit back, and lets the limiter learn from the reports. Closing twice is fine. */
  @Override
  public void close() {
    if (!isClosed) {
      isClosed = true;
      limiter.release(this);
    }
  }

  @Override
  public String toString() {
    return "Permit[" + count + "]";
  }
}
