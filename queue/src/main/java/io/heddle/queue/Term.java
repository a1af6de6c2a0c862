package io.heddle.queue;

/**
 * A term under which {@link Queue#search} finds a message.
 *
 * @param text what is searched for, at most 500 characters
 * @param rank the place of the message among those with the same term: a search lists low ranks
 *     first. A message has a term once; publishing it with another rank changes the rank
 */
public record Term(String text, long rank) {
  /** Checks that every engine can index it. */
  public Term {
    Message.checkText("term", text);
    if (text.isEmpty() || text.length() > 500) {
      throw new IllegalArgumentException(
          "a term of "
              + text.length()
              + " characters: there may be 1 to 500, as an index holds it");
    }
  }
}
