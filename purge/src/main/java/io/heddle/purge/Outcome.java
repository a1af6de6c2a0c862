package io.heddle.purge;

import java.util.ArrayList;
import java.util.List;

/** The outcome for one key. */
public sealed interface Outcome {
  /** The key is deleted. */
  Outcome DELETED = new Deleted(true);

  /** There was no such key any more, which is as good as deleted. */
  Outcome GONE = new Gone(true);

  /**
   * The key is deleted.
   *
   * @param isCertain false if the store only said how many of several keys it deleted
   */
  record Deleted(boolean isCertain) implements Outcome {}

  /**
   * There was no such key any more, which is as good as deleted.
   *
   * @param isCertain false if the store only said how many of several keys it deleted
   */
  record Gone(boolean isCertain) implements Outcome {}

  /**
   * The key is still there, as far as is known.
   *
   * @param cause why the last attempt failed
   * @param attempts the number of attempts
   */
  record Failed(StoreException cause, int attempts) implements Outcome {}

  /** The run ended before the key's outcome was known. The next run handles the key. */
  record Abandoned() implements Outcome {}

  /**
   * The outcomes for several keys from a store that only says how many of them it deleted.
   *
   * @param deleted how many of the keys existed
   * @param keys the number of keys
   */
  static List<Outcome> ofCount(long deleted, int keys) {
    boolean isCertain = deleted == 0 || deleted == keys;
    List<Outcome> outcomes = new ArrayList<>(keys);
    for (int i = 0; i < keys; i++) {
      outcomes.add(i < deleted ? new Deleted(isCertain) : new Gone(isCertain));
    }
    return outcomes;
  }

  /**
   * The outcome for a key from a store that answers yes or no.
   *
   * @param wasThere whether there was such a key
   * @return {@link #DELETED} or {@link #GONE}
   */
  static Outcome of(boolean wasThere) {
    return wasThere ? DELETED : GONE;
  }
}
