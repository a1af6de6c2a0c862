package io.heddle.inspect;

import java.time.Instant;

/** The time of day, by the system's clock: what is observed may have another. */
final class Time {
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private Time() {}

  static long unixNanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
  }
}
