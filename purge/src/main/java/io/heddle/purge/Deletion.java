package io.heddle.purge;

import java.time.Duration;
import java.util.List;

/**
 * A store's answer to the request to delete some keys.
 *
 * @param outcomes the outcome for each key, in the order of the request
 * @param pause how long the store wants no requests from any client, zero if it did not say
 */
public record Deletion(List<Outcome> outcomes, Duration pause) {
  private static final Deletion DELETED = of(Outcome.DELETED);
  private static final Deletion GONE = of(Outcome.GONE);

  /** The answer for a single key, with no pause requested. */
  public static Deletion of(Outcome outcome) {
    return new Deletion(List.of(outcome), Duration.ZERO);
  }

  /**
   * The answer for a single key whose deletion raised no error.
   *
   * @param wasThere whether there was such a key
   * @return {@link Outcome#DELETED} or {@link Outcome#GONE}
   */
  public static Deletion of(boolean wasThere) {
    return wasThere ? DELETED : GONE;
  }
}
