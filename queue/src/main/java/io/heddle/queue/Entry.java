package io.heddle.queue;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message in the queue, for people and reports. Times are on the queue's clock.
 *
 * @param id identifies it in its stage
 * @param attempts the number of attempts begun in this stage
 * @param losses how many leases in a row ended without an outcome
 * @param begun how many workers in a row recorded that they began, without an outcome yet
 * @param reason why the last attempt failed, or why the message is dead; null if nothing failed
 * @param due when it is due; for a leased message, when the lease ends
 * @param published when it was published to its stage
 * @param changed when it was last changed; for a dead message, when it died
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
