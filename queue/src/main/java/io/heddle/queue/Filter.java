package io.heddle.queue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Selects messages. What is null does not matter.
 *
 * @param stage those of this stage
 * @param key those with this key
 * @param state those in this state
 * @param unchangedFor those that were not changed for so long
 * @param owner those of this owner; empty for messages without an owner
 */
public record Filter(
    @Nullable String stage,
    @Nullable String key,
    @Nullable State state,
    @Nullable Duration unchangedFor,
    @Nullable String owner) {
  /** All messages. */
  public static final Filter ALL = new Filter(null, null, null, null, null);

  /** All dead messages. */
  public static final Filter DEAD = ALL.in(State.DEAD);

  /** Those of a stage among these. */
  public Filter ofStage(String stage) {
    return new Filter(stage, key, state, unchangedFor, owner);
  }

  /** Those with a key among these. */
  public Filter withKey(String key) {
    return new Filter(stage, key, state, unchangedFor, owner);
  }

  /** Those in a state among these. */
  public Filter in(State state) {
    return new Filter(stage, key, state, unchangedFor, owner);
  }

  /** Those among these that were not changed for some time. */
  public Filter unchangedFor(Duration time) {
    return new Filter(stage, key, state, time, owner);
  }

  /**
   * Those of an owner among these.
   *
   * @param owner the owner; empty for messages without one
   */
  public Filter ofOwner(String owner) {
    return new Filter(stage, key, state, unchangedFor, owner);
  }
}
