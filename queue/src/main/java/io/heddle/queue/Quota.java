package io.heddle.queue;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A limit on one owner's messages in a queue, whichever processes publish them. */
public sealed interface Quota {
  /**
   * A limit on the number of an owner's messages that are in some stages and not dead.
   *
   * @param limit at least 1
   */
  record Count(List<String> stages, int limit) implements Quota {
    /** Checks that it permits something, and keeps a copy. */
    public Count {
      stages = List.copyOf(stages);
      checkLimit(limit);
      if (stages.isEmpty()) {
        throw new IllegalArgumentException("a quota of no stages");
      }
    }
  }

  /**
   * A limit on the rate of an owner's messages. Each message leaves a receipt in the queue: a
   * message in a stage of its own, which becomes due when it no longer counts. A consumer of that
   * stage only has to remove the receipts that are due.
   *
   * @param receipts the stage of the receipts
   * @param limit the number of messages in a window, at least 1
   */
  record Rate(String receipts, int limit, Duration window) implements Quota {
    /** Checks that it permits something. */
    public Rate {
      checkLimit(limit);
      if (!window.isPositive()) {
        throw new IllegalArgumentException("a quota of " + limit + " in " + window);
      }
    }
  }

  private static void checkLimit(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("a quota of " + limit + " permits nothing");
    }
  }

  /**
   * The quota that an owner has used up.
   *
   * @param quota the quota
   * @param delay the time until it permits another message, if it is a rate; null for a count,
   *     which depends on when a message leaves its stages
   */
  record Exceeded(Quota quota, @Nullable Duration delay) {}
}
