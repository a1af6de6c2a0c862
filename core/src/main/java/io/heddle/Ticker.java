package io.heddle;

import java.time.Duration;

/**
 * Yields the time again and again, at a fixed interval: Go's {@code time.Ticker}, whose channel it
 * is at the same time.
 *
 * <p>Ticks that were not received in time are dropped, all but one: a slow receiver gets the oldest
 * of them, and after that the ticks to come. A ticker that is not reachable any more is garbage,
 * whether or not it was stopped.
 *
 * <p>What happens before the call that starts or resets a ticker happens before the receive of the
 * ticks that follow.
 */
public final class Ticker extends TimerSource {
  private Ticker(Clock clock, long period) {
    super(clock, period, period);
  }

  /**
   * Starts a ticker: Go's {@code time.NewTicker(d)}.
   *
   * @param period the time between two ticks, and until the first
   * @return a running ticker
   * @throws IllegalArgumentException if the period is not positive
   */
  public static Ticker start(Duration period) {
    return new Ticker(Program.current().clock(), positive(period));
  }

  /** Stops the ticker: no more ticks come. It is not closed, so a receive then waits. */
  public void stop() {
    disarm();
  }

  /**
   * Starts the ticker anew with another period. The next tick comes after the new period.
   *
   * @param period the time between two ticks
   * @throws IllegalArgumentException if the period is not positive
   */
  public void reset(Duration period) {
    long nanos = positive(period);
    restart(nanos, nanos);
  }

  private static long positive(Duration period) {
    long nanos = Clock.nanos(period);
    if (nanos <= 0) {
      throw new IllegalArgumentException("period of a ticker: " + period + " is not positive");
    }
    return nanos;
  }
}
