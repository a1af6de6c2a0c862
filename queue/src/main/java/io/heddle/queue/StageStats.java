package io.heddle.queue;

import java.time.Duration;

/**
 * Figures of the messages of a stage that are in one state.
 *
 * @param count how many there are
 * @param due how many of them are due: work that waits for a worker, or whose worker is lost; 0 for
 *     dead ones
 * @param oldest how long ago the oldest was published to the stage
 * @param overdue how long ago the first of those that are due became so; zero if none is
 */
public record StageStats(
    String stage, State state, long count, long due, Duration oldest, Duration overdue) {}
