package io.heddle.queue;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Limits what one owner may have in a queue, whoever publishes it and in which process. */
public sealed interface Quota {
  /**
   * A limit on how many of an owner's messages are in some stages and not dead.
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
   * A limit on how often something is done for an owner. Each time leaves a receipt in the queue, a
   * message of a stage of its own, which falls due when it counts no more. Whoever works on that
   * stage only has to remove what is due.
   *
   * @param receipts the stage of the receipts
   * @param limit how often in a window, at least 1
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
   * Why an owner has to wait.
   *
   * @param quota the quota that is used up
   * @param delay the time until it permits one more, if it is a rate; null if that depends on when
   *     a message leaves its stages
   */
  record Exceeded(Quota quota, @Nullable Duration delay) {}
}
