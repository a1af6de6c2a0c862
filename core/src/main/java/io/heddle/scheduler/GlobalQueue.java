package io.heddle.scheduler;

import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that belong to no worker: those made ready by other threads, and what did not fit into
 * a worker's own queue. The latter come and go in batches, so that starting or waking a million
 * goroutines at once does not pass each of them through a shared queue.
 *
 * <p>Adding is a volatile write, and so is what {@link #isEmpty} reads: a thread that adds and then
 * looks for a sleeping worker, and a worker that says it sleeps and then looks here, cannot miss
 * each other.
 */
final class GlobalQueue {
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Runnable[]> batches = new ConcurrentLinkedQueue<>();

  boolean isEmpty() {
    return tasks.isEmpty() && batches.isEmpty();
  }

  /** Counts the tasks, which takes time in proportion. */
  int size() {
    int size = tasks.size();
    for (Runnable[] batch : batches) {
      size += batch.length;
    }
    return size;
  }

  void add(Runnable task) {
    tasks.add(task);
  }

  void addBatch(Runnable[] batch) {
    batches.add(batch);
  }

  @Nullable Runnable poll() {
    return tasks.poll();
  }

  /** As many tasks as one worker had too many; null if there is no batch. */
  Runnable @Nullable [] pollBatch() {
    return batches.poll();
  }
}
