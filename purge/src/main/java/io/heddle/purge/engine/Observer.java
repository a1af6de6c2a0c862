package io.heddle.purge.engine;

import io.heddle.purge.Details;
import io.heddle.purge.Outcome;
import io.heddle.purge.Property;
import java.util.Set;

/** Observes single keys during a run. Called by one goroutine at a time. */
public interface Observer {
  /** Does nothing. */
  Observer NONE = new Observer() {};

  /** A key could not be deleted. */
  default void failed(String key, Outcome.Failed outcome) {}

  /**
   * A key would be deleted if this were no dry run.
   *
   * @param details the {@link #wanted} properties, and those that the selection needs
   */
  default void wouldDelete(String key, Details details) {}

  /** The properties of keys to read for {@link #wouldDelete}. */
  default Set<Property> wanted() {
    return Set.of();
  }
}
