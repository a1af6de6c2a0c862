package io.heddle.scheduler;

/**
 * What the workers of a {@link Scheduler} look after between tasks: things that are due some time.
 */
public interface Timers {
  /**
   * How long until the next is due.
   *
   * @return nanoseconds; 0 or less if one is due now, {@link Long#MAX_VALUE} if there is none
   */
  long untilNext();

  /** Runs those that are due. They neither block nor throw. */
  void runDue();
}
