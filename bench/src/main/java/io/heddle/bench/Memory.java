package io.heddle.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What many blocked goroutines took.
 *
 * @param startNanos from the start of the first until all were blocked
 * @param wakeNanos from their release until all had ended
 * @param bytes resident memory while they were blocked, after a garbage collection, without what
 *     the process had before
 * @param peakBytes the most resident memory until then, the collection included, likewise
 */
record Memory(
    Contender peer, int goroutines, long startNanos, long wakeNanos, long bytes, long peakBytes) {

  private static final Path INFO = Path.of("/proc/meminfo");

  /**
   * How much memory is free on this machine; as much as anybody may want where it does not tell.
   */
  static long available() throws IOException {
    if (!Files.isReadable(INFO)) {
      return Long.MAX_VALUE;
    }
    return Files.readAllLines(INFO).stream()
        .filter(line -> line.startsWith("MemAvailable:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
        .findFirst()
        .orElse(Long.MAX_VALUE);
  }

  /** Whether the system told what memory was resident: not every one does. */
  boolean isMemoryKnown() {
    return bytes > 0 && peakBytes >= bytes;
  }

  double bytesPerGoroutine() {
    return (double) bytes / goroutines;
  }
}
