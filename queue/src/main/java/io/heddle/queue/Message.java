package io.heddle.queue;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * A message to be published to a stage.
 *
 * @param stage the stage that will work on it, at most 100 characters
 * @param key names it, at most 500 characters. A stage has at most one message with a key, whether
 *     waiting, leased or dead, so publishing a message once more does nothing
 * @param body the stage's input, as text; the queue does not interpret it
 * @param delay the time until it is due; zero or less is at once. Not a time of day, because the
 *     clocks of two machines differ: it counts on the queue's own clock from the moment the message
 *     is stored
 * @param owner the owner, at most 500 characters: {@link Filter#ofOwner} finds an owner's messages
 *     without reading those of others; empty for no owner
 * @param terms what {@link Queue#search} finds it by, from now on and in all later stages
 */
public record Message(
    String stage, String key, String body, Duration delay, String owner, List<Term> terms) {
  /** Checks that every engine can store it. */
  public Message {
    checkText("stage", stage);
    checkText("key", key);
    checkText("owner", owner);
    if (stage.length() > 100 || key.length() > 500 || owner.length() > 500) {
      throw new IllegalArgumentException(
          "a stage of "
              + stage.length()
              + ", a key of "
              + key.length()
              + " and an owner of "
              + owner.length()
              + " characters: there may be 100, 500 and 500, as an index holds them");
    }
    checkText("body", body);
    Objects.requireNonNull(delay, "delay");
    terms = List.copyOf(terms);
  }

  /**
   * A message that no search finds by new terms.
   *
   * @param stage the stage that will work on it
   * @param delay the time until it is due
   * @param owner the owner, empty for no owner
   */
  public Message(String stage, String key, String body, Duration delay, String owner) {
    this(stage, key, body, delay, owner, List.of());
  }

  /**
   * A message without an owner.
   *
   * @param stage the stage that will work on it
   * @param delay the time until it is due
   */
  public Message(String stage, String key, String body, Duration delay) {
    this(stage, key, body, delay, "");
  }

  /**
   * A message without an owner that is due at once.
   *
   * @param stage the stage that will work on it
   */
  public Message(String stage, String key, String body) {
    this(stage, key, body, Duration.ZERO);
  }

  /**
   * The same message with another delay.
   *
   * @param delay the time until it is due
   */
  public Message in(Duration delay) {
    return new Message(stage, key, body, delay, owner, terms);
  }

  /** The same message with an owner. */
  public Message ownedBy(String owner) {
    return new Message(stage, key, body, delay, owner, terms);
  }

  /** The same message with terms by which it is found. */
  public Message foundBy(List<Term> terms) {
    return new Message(stage, key, body, delay, owner, terms);
  }

  static void checkText(String what, String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "the " + what + " of a message contains U+0000, which PostgreSQL does not store");
    }
  }
}
