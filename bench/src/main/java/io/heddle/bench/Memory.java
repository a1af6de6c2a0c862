package io.heddle.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The cost of many blocked goroutines.
 *
 * @param startNanos from the start of the first until all were blocked
 * @param wakeNanos from their release until all had ended
 * @param bytes resident memory while they were blocked, after a garbage collection, minus the
 *     process's memory before
 * @param peakBytes the highest resident memory until then, including the collection, minus the same
 */
record Memory(
    Contender peer, int goroutines, long startNanos, long wakeNanos, long bytes, long peakBytes) {

  private static final Path INFO = Path.of("/proc/meminfo");

  /** The free memory of this machine; unlimited where the system does not report it. */
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

  /** Whether the system reports resident memory. */
  boolean isMemoryKnown() {
    return bytes > 0 && peakBytes >= bytes;
  }

  double bytesPerGoroutine() {
    return (double) bytes / goroutines;
  }
}
