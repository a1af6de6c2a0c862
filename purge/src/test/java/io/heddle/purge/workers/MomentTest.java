package io.heddle.purge.workers;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The time of a lease. */
final class MomentTest {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final Moment START = new Moment(Long.MAX_VALUE - 5, Instant.EPOCH);

  private static Moment after(Duration running, Duration byTheClock) {
    return new Moment(START.nanos() + running.toNanos(), START.time().plus(byTheClock));
  }

  @Test
  void itIsOverWhenOneOfTheClocksSaysSo() {
    Duration less = LEASE.minusNanos(1);
    assertFalse(START.isOver(LEASE, after(less, less)));
    assertTrue(START.isOver(LEASE, after(LEASE, LEASE)));
    assertTrue(START.isOver(LEASE, after(Duration.ofMillis(1), LEASE)), "suspended meanwhile");
    assertTrue(START.isOver(LEASE, after(LEASE, Duration.ofHours(-1))), "set back meanwhile");
    assertFalse(START.isOver(LEASE, after(less, Duration.ofHours(-1))));
  }
}
