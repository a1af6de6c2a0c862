package io.heddle.purge.engine;

import io.heddle.purge.Outcome;

/** Sees what happens to single keys, as it happens. Called by one goroutine at a time. */
public interface Observer {
  /** Looks away. */
  Observer NONE = new Observer() {};

  /** A key could not be deleted. */
  default void failed(String key, Outcome.Failed outcome) {}

  /** A key would be deleted if this were no dry run. */
  default void wouldDelete(String key) {}
}
