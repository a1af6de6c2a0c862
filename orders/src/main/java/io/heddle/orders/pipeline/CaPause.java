package io.heddle.orders.pipeline;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Whether the CA wants to be left alone: what it told one worker holds for all of a process. */
final class CaPause {
  private final AtomicReference<Instant> end = new AtomicReference<>(Instant.MIN);

  void extend(Instant until) {
    end.accumulateAndGet(until, (one, other) -> one.isAfter(other) ? one : other);
  }

  /** When the CA may be asked again, null if it may now. */
  @Nullable Instant until(Instant now) {
    Instant until = end.get();
    return until.isAfter(now) ? until : null;
  }
}
