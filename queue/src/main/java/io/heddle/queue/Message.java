package io.heddle.queue;

import java.time.Duration;
import java.util.Objects;

/**
 * What is published to a stage.
 *
 * @param stage the stage that is to work on it, at most 100 characters
 * @param key names it, at most 500 characters: at most one message of a stage has a key, waiting,
 *     leased or dead, so that publishing once more what was published does nothing
 * @param body what the stage needs, as text; the queue does not look into it
 * @param delay the time until it is due; zero or less is at once. Not a time of day, because the
 *     clocks of two machines differ: it counts on the queue's own clock from the moment the message
 *     is stored
 */
public record Message(String stage, String key, String body, Duration delay) {
  /** Checks that every engine can store it. */
  public Message {
    checkText("stage", stage);
    checkText("key", key);
    if (stage.length() > 100 || key.length() > 500) {
      throw new IllegalArgumentException(
          "a stage of "
              + stage.length()
              + " and a key of "
              + key.length()
              + " characters: there may be 100 and 500, as an index holds them");
    }
    checkText("body", body);
    Objects.requireNonNull(delay, "delay");
  }

  /**
   * A message that is due at once.
   *
   * @param stage the stage that is to work on it
   * @param key its key
   * @param body its body
   */
  public Message(String stage, String key, String body) {
    this(stage, key, body, Duration.ZERO);
  }

  /**
   * The same message, due later.
   *
   * @param delay the time until it is due
   * @return another message
   */
  public Message in(Duration delay) {
    return new Message(stage, key, body, delay);
  }

  static void checkText(String what, String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "the " + what + " of a message contains U+0000, which PostgreSQL does not store");
    }
  }
}
