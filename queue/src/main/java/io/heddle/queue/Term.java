package io.heddle.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * A term under which {@link Queue#search} finds a message.
 *
 * @param text what is searched for, at most 500 bytes in UTF-8
 * @param rank the place of the message among those with the same term: a search lists low ranks
 *     first. A message has a term once; publishing it with another rank changes the rank
 */
public record Term(String text, long rank) {
  /** PostgreSQL's index holds 2,700 bytes: of the term, and of its owner's 500 characters. */
  private static final int MOST = 500;

  /** Checks that every engine can index it. */
  public Term {
    Message.checkText("term", text);
    int size = text.getBytes(UTF_8).length;
    if (size < 1 || size > MOST) {
      throw new IllegalArgumentException(
          "a term of " + size + " bytes: there may be 1 to " + MOST + ", as an index holds it");
    }
  }
}
