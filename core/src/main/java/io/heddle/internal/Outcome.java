package io.heddle.internal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of one run under a chosen schedule.
 *
 * @param failure what a goroutine failed with, a PanicException; null if none did
 * @param stuck the goroutines that were blocked at the end; null if there were none
 * @param endless whether the run was given up after too many steps; {@code stuck} then describes
 *     its goroutines
 * @param steps how often the schedule could have changed
 * @param trace what happened, a line each, if that was asked for
 */
public record Outcome(
    @Nullable Throwable failure,
    @Nullable Stuck stuck,
    boolean endless,
    int steps,
    List<String> trace) {}
