package io.heddle;

import java.time.Duration;

/**
 * Yields the time once, when it has expired: Go's {@code time.Timer}, whose channel it is at the
 * same time.
 *
 * <p>As in Go since 1.23, no value from before a {@link #stop} or {@link #reset} can be received
 * after it, {@link #len} and {@link #cap} are 0, and a timer that is not reachable any more is
 * garbage, whether or not it was stopped.
 *
 * <p>What happens before the call that starts or resets a timer happens before the receive of the
 * value it yields.
 */
public final class Timer extends TimerSource {
  private Timer(Clock clock, long delay) {
    super(clock, delay, 0);
  }

  /**
   * Starts a timer: Go's {@code time.NewTimer(d)}.
   *
   * @param delay the time until it expires; zero or less is at once
   * @return a running timer
   */
  public static Timer start(Duration delay) {
    return new Timer(Program.current().clock(), Clock.nanos(delay));
  }

  /**
   * Stops the timer. A receive from it then waits until it has been reset.
   *
   * @return true if this call stopped it, false if its value was received already or it was stopped
   */
  public boolean stop() {
    return disarm();
  }

  /**
   * Starts the timer anew, whatever its state.
   *
   * @param delay the time from now until it expires; zero or less is at once
   * @return true if it was running, false if its value was received already or it was stopped
   */
  public boolean reset(Duration delay) {
    return restart(Clock.nanos(delay), 0);
  }
}
