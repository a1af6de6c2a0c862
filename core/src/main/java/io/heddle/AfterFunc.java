package io.heddle;

import java.time.Duration;

/**
 * A task that runs later in a goroutine of its own: after some time ({@link Go#afterFunc}) or after
 * the end of a context ({@link Context#afterFunc}). One whose time comes after the end of its
 * {@linkplain Go#run program} does not run. What the task throws is a failure like that of any
 * goroutine.
 *
 * <p>What happens before the call that arranges or resets it happens before the task runs.
 */
@FunctionalInterface
public interface AfterFunc {
  /**
   * Keeps the task from running. Does not wait for a task that runs.
   *
   * @return true if this call did; false if the task was started, or stopped before
   */
  boolean stop();

  /** A task that runs after some time: Go's {@code time.AfterFunc}. */
  interface Timed extends AfterFunc {
    /**
     * Has the task run after some time from now, whether it was waiting to, was stopped, or has
     * run.
     *
     * @param delay the time until the task runs; zero or less is at once
     * @return true if it was waiting to run, false if it had been started or stopped
     */
    boolean reset(Duration delay);
  }
}
