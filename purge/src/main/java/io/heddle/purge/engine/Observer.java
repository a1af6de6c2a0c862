package io.heddle.purge.engine;

import io.heddle.purge.Outcome;

/** Observes single keys during a run. Called by one goroutine at a time. */
public interface Observer {
  /** Does nothing. */
  Observer NONE = new Observer() {};

  /** A key could not be deleted. */
  default void failed(String key, Outcome.Failed outcome) {}

  /** A key would be deleted if this were no dry run. */
  default void wouldDelete(String key) {}
}
