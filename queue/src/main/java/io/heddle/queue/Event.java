package io.heddle.queue;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event in the life of a message with an owner. Equal events in succession are one with a count.
 * The queue keeps the last {@value HistoryTable#KEPT} of each message, until the message is gone.
 *
 * @param kind what happened
 * @param stage the stage in which it happened
 * @param next for a message that has moved, its next stage; null otherwise
 * @param reason why, null if there was no problem
 * @param due when the message is due after it; null if it is dead
 * @param first when it happened first, on the queue's clock
 * @param last when it happened last
 * @param count how many times it happened
 */
public record Event(
    Kind kind,
    String stage,
    @Nullable String next,
    @Nullable String reason,
    @Nullable Instant due,
    Instant first,
    Instant last,
    int count) {

  /** What can happen. */
  public enum Kind {
    /** The message was published. */
    PUBLISHED(0),
    /** Its stage has finished, and has handed it over to the next. */
    MOVED(1),
    /** An attempt has failed, and is repeated later. */
    RETRIED(2),
    /** It waits, which is not a failed attempt. */
    DEFERRED(3),
    /** It was given up. */
    DEAD(4),
    /** It was dead, and is tried again. */
    REPLAYED(5);

    /** Identifies it in the table. */
    final int number;

    Kind(int number) {
      this.number = number;
    }

    static Kind of(int number) {
      for (Kind kind : values()) {
        if (kind.number == number) {
          return kind;
        }
      }
      throw new IllegalArgumentException("no kind of event: " + number);
    }
  }

  /**
   * How many events of a kind there were in a period.
   *
   * @param from the beginning of the period
   * @param stage the stage into which messages came, or in which they died
   */
  public record Count(Instant from, Kind kind, String stage, long count) {}
}
