package io.heddle.purge.engine;

import io.heddle.Context;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A pace that several processes keep together. */
public interface SharedPace {
  /** The pace of a process that is alone. */
  SharedPace NONE =
      new SharedPace() {
        @Override
        public void take(long keys, Context run) {}

        @Override
        public void refused(@Nullable Duration pause) {}
      };

  /** Waits until this process may send deletions of some keys. */
  void take(long keys, Context run) throws InterruptedException;

  /**
   * Reports that the store wants fewer requests.
   *
   * @param pause how long it wants no requests; null if it did not say
   */
  void refused(@Nullable Duration pause);
}
