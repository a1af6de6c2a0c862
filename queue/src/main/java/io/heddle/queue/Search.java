package io.heddle.queue;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A search for messages by a {@linkplain Term term}.
 *
 * @param term the text of the term
 * @param most the highest rank to find
 * @param filter further conditions on the messages; its key is ignored, and its owner is that of
 *     the message that brought the term
 */
public record Search(String term, long most, Filter filter) {
  /** Searches for all messages with a term. */
  public static Search of(String term) {
    return new Search(term, Long.MAX_VALUE, Filter.ALL);
  }

  /** The same search for low ranks only. */
  public Search upTo(long rank) {
    return new Search(term, rank, filter);
  }

  /** The same search with conditions on the messages. */
  public Search in(Filter conditions) {
    return new Search(term, most, conditions);
  }

  /**
   * A page of messages that were found, by rank, and by age for the same rank.
   *
   * @param next the cursor for the next page; null if this is the last
   */
  public record Page(List<Entry> entries, @Nullable String next) {}
}
