package io.heddle.orders.pipeline;

import io.heddle.queue.Delivery;
import io.heddle.queue.Outcome;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of an order whose text this version cannot read. While a service is updated, workers
 * of the next version write what those of the last one do not know. So it is left to the others:
 * put back as it is, soon only twice a minute, and without an attempt. It is dead when nobody could
 * read it for as long as an update may take.
 *
 * <p>Since when it waits is in the message's reason, the one part of it that may be written here.
 * Whoever can read the order writes another reason, or hands the order on, and that ends the wait.
 */
final class Unreadable {
  /** How long an update may take. */
  static final Duration PATIENCE = Duration.ofHours(1);

  /** The waits are as long as it has waited already, but within these. */
  private static final Duration SHORTEST = Duration.ofSeconds(5);

  /**
   * Any worker may be the one that looks. Where one of ten can read it, all 120 looks or more of an
   * hour are others' for one order in 300,000.
   */
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private static final String WAITS = "waits since %s for a worker that can read it: %s";
  private static final Pattern SINCE =
      Pattern.compile(WAITS.formatted("(\\S+)", ".*"), Pattern.DOTALL);

  private Unreadable() {}

  /** What becomes of it now. */
  static Outcome outcome(Delivery delivery, String what) {
    Instant now = delivery.now();
    Instant since = since(delivery.reason(), now);
    Duration waited = Duration.between(since, now);
    Duration left = PATIENCE.minus(waited);
    if (!left.isPositive()) {
      return new Outcome.Dead("nobody could read it for " + PATIENCE.toMinutes() + " min: " + what);
    }
    Duration wait = jittered(max(SHORTEST, min(LONGEST, waited)));
    return new Outcome.Defer(min(wait, left), WAITS.formatted(since, what));
  }

  /** A dead one's reason is another, so when that is replayed the time begins anew. */
  private static Instant since(@Nullable String reason, Instant now) {
    Matcher waits = SINCE.matcher(reason == null ? "" : reason);
    try {
      return waits.matches() ? Instant.parse(waits.group(1)) : now;
    } catch (DateTimeException e) {
      return now; // nothing of ours
    }
  }

  /** At least half of it. */
  private static Duration jittered(Duration longest) {
    long half = longest.toNanos() / 2;
    return Duration.ofNanos(half + ThreadLocalRandom.current().nextLong(half + 1));
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  private static Duration max(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }
}
