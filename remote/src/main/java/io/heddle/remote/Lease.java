package io.heddle.remote;

/**
 * A message or a lock that a backend has leased to this process.
 *
 * @param handle the backend's own name for it
 * @param id the message's id, or the lock's name
 * @param key the key by which messages are ordered
 * @param body the stored body; empty for a lock
 * @param attempt the number of deliveries, with this one
 * @param token rises with each lease of the same message or lock
 * @param since a reading of {@link io.heddle.Go#nanoTime} at or before the beginning of the lease
 */
record Lease(
    Object handle, String id, String key, String body, int attempt, long token, long since) {}
