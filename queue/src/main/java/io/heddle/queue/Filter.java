package io.heddle.queue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Selects messages. A component that is null selects all.
 *
 * @param stage messages of this stage
 * @param key messages with this key
 * @param state messages in this state
 * @param unchangedFor messages that have not changed for this time
 * @param owner messages of this owner; empty for messages without an owner
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

  /** Restricts this filter to a stage. */
  public Filter ofStage(String stage) {
    return new Filter(stage, key, state, unchangedFor, owner);
  }

  /** Restricts this filter to a key. */
  public Filter withKey(String key) {
    return new Filter(stage, key, state, unchangedFor, owner);
  }

  /** Restricts this filter to a state. */
  public Filter in(State state) {
    return new Filter(stage, key, state, unchangedFor, owner);
  }

  /** Restricts this filter to messages that have not changed for some time. */
  public Filter unchangedFor(Duration time) {
    return new Filter(stage, key, state, time, owner);
  }

  /**
   * Restricts this filter to an owner.
   *
   * @param owner the owner; empty for messages without one
   */
  public Filter ofOwner(String owner) {
    return new Filter(stage, key, state, unchangedFor, owner);
  }
}
