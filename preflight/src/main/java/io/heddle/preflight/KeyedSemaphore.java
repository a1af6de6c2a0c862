package io.heddle.preflight;

import io.heddle.Semaphore;
import java.util.concurrent.ConcurrentHashMap;

/** A semaphore for each key that a goroutine holds or waits for; other keys use no memory. */
final class KeyedSemaphore<K> {
  private final long permits;
  private final ConcurrentHashMap<K, Entry> entries = new ConcurrentHashMap<>();

  private record Entry(Semaphore semaphore, int users) {}

  /** A permit that was acquired; to be closed once. */
  interface Permit extends AutoCloseable {
    @Override
    void close();
  }

  KeyedSemaphore(long permits) {
    if (permits < 1) {
      throw new IllegalArgumentException("nothing is allowed: " + permits + " at a time");
    }
    this.permits = permits;
  }

  /**
   * Adds a permit to another.
   *
   * @param held is released if the goroutine is interrupted
   */
  Permit acquire(K key, Permit held) throws InterruptedException {
    Semaphore semaphore = enter(key);
    boolean acquired = false;
    try {
      semaphore.acquire();
      acquired = true;
    } finally {
      if (!acquired) {
        leave(key);
        held.close();
      }
    }
    return () -> {
      semaphore.release();
      leave(key);
      held.close();
    };
  }

  int keys() {
    return entries.size();
  }

  private Semaphore enter(K key) {
    return entries
        .compute(
            key,
            (_, entry) ->
                entry == null
                    ? new Entry(new Semaphore(permits), 1)
                    : new Entry(entry.semaphore(), entry.users() + 1))
        .semaphore();
  }

  private void leave(K key) {
    entries.computeIfPresent(
        key,
        (_, entry) -> entry.users() == 1 ? null : new Entry(entry.semaphore(), entry.users() - 1));
  }
}
