package io.heddle.purge.workers;

import io.heddle.Go;
import java.time.Duration;
import java.time.Instant;

/**
 * The clock of the servers, which is everybody's: those of the processes may differ.
 *
 * @param ahead how far it is ahead of the clock of this process
 */
record ServersClock(Duration ahead) {
  /**
   * A clock that was read while this process waited for an answer.
   *
   * @param before when this process asked, by its own clock
   * @param read the time in the answer
   * @param after when this process received the answer, by its own clock
   */
  static ServersClock of(Instant before, Instant read, Instant after) {
    Instant middle = before.plus(Duration.between(before, after).dividedBy(2));
    return new ServersClock(Duration.between(middle, read));
  }

  /** The time by this clock. */
  Instant now() {
    return shared(Go.now());
  }

  /** The time by this clock when that of this process has some time. */
  Instant shared(Instant own) {
    return own.plus(ahead);
  }

  /** The time by the clock of this process when this clock has some time. */
  Instant own(Instant shared) {
    return shared.minus(ahead);
  }
}
