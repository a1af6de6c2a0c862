package io.heddle.purge.engine;

import org.jspecify.annotations.Nullable;

/**
 * The share of a run in a job that several processes do together.
 *
 * @param start where the listing of the share begins; null for the beginning of the store
 * @param checkpoints where the position within the share is kept
 * @param pace the pace of all processes together
 */
public record Share(@Nullable String start, Checkpoints checkpoints, SharedPace pace) {
  /** A run that does the whole job, and keeps its position in the file of the plan, if any. */
  static Share whole(Plan plan) {
    return new Share(null, Checkpoints.in(plan.files().checkpoint()), SharedPace.NONE);
  }

  /** Whether no other process has a share. */
  boolean isWhole() {
    return pace.equals(SharedPace.NONE);
  }
}
