package io.heddle.queue;

import java.time.Duration;

/**
 * Figures of the messages of a stage that are in one state.
 *
 * @param count the number of messages
 * @param due how many of them are due: they wait for a worker, or their worker is lost; 0 for dead
 *     messages
 * @param oldest the time since the oldest was published to the stage
 * @param overdue the time since the first of the due messages became due; zero if none is due
 */
public record StageStats(
    String stage, State state, long count, long due, Duration oldest, Duration overdue) {}
