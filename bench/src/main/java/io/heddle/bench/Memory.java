package io.heddle.bench;

/**
 * What many blocked goroutines took.
 *
 * @param peer whose
 * @param goroutines how many
 * @param startNanos from the start of the first until all were blocked
 * @param wakeNanos from their release until all had ended
 * @param bytes resident memory while they were blocked, after a garbage collection, without what
 *     the process had before
 * @param peakBytes the most resident memory on the way there, likewise
 */
record Memory(
    Contender peer, int goroutines, long startNanos, long wakeNanos, long bytes, long peakBytes) {

  double bytesPerGoroutine() {
    return (double) bytes / goroutines;
  }
}
