package io.heddle.queue;

import io.heddle.Go;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message that a worker has leased.
 *
 * @param id identifies the message in its stage; never used again
 * @param token distinguishes this lease from the message's other leases: only the latest token can
 *     settle or extend a lease
 * @param owner the message's owner, empty if absent
 * @param attempt the number of this attempt, from 1; deferred attempts and lost leases do not count
 * @param losses how many leases in a row ended without an outcome before this one: workers that
 *     died or were cut off
 * @param begun how many of those leases' workers had {@linkplain Queue#begin recorded} that they
 *     began. A high number suggests that the message itself kills its workers
 * @param reason why the last attempt failed, null if none did
 * @param published when it was published to its stage, on the queue's clock
 * @param time when the lease began, on the queue's clock
 * @param claimed a reading of {@link Go#nanoTime} at or before the beginning of the lease
 */
public record Delivery(
    long id,
    long token,
    String stage,
    String key,
    String body,
    String owner,
    int attempt,
    int losses,
    int begun,
    @Nullable String reason,
    Instant published,
    Instant time,
    long claimed) {
  /**
   * The time on the queue's clock, which does not jump, and which all processes share. It is ahead
   * by no more than the duration of the claim.
   */
  public Instant now() {
    return time.plusNanos(Go.nanoTime() - claimed);
  }
}
