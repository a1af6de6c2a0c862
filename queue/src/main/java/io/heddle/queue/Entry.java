package io.heddle.queue;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message as it lies in the queue, for people and reports. Times are the queue's.
 *
 * @param id identifies it in its stage
 * @param attempts how many attempts were begun in this stage
 * @param losses how many leases in a row ended without an outcome
 * @param begun how often in a row a worker recorded that it began, without an outcome yet
 * @param reason why the last attempt failed, or why it is dead; null if nothing failed
 * @param due when it is due; of a leased one, when the lease ends
 * @param published when it was published to its stage
 * @param changed when it was changed last; of a dead one, when it died
 */
public record Entry(
    long id,
    String stage,
    String key,
    String body,
    State state,
    int attempts,
    int losses,
    int begun,
    @Nullable String reason,
    Instant due,
    Instant published,
    Instant changed) {}
