package io.heddle.queue;

import java.time.Instant;

/**
 * A note in the queue's audit log: a change, and the user who made it. It is stored in the
 * transaction of the change, and neither changed nor deleted afterwards.
 *
 * @param actor the user
 * @param source where the request came from
 * @param action the change
 */
public record Note(String actor, String source, String action) {
  /** Checks that every engine can store it. */
  public Note {
    Message.checkText("actor", actor);
    Message.checkText("source", source);
    Message.checkText("action", action);
  }

  /**
   * A note as stored.
   *
   * @param id its position in the log
   * @param at when, on the queue's clock
   * @param key the key of the message that was changed; empty if the note is of no message
   * @param owner the owner of that message
   */
  public record Stored(long id, Instant at, Note note, String key, String owner) {}
}
