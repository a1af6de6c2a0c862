package io.heddle.purge;

/** The outcome for one key. */
public sealed interface Outcome {
  /** The key is deleted. */
  Outcome DELETED = new Deleted();

  /** There was no such key any more, which is as good as deleted. */
  Outcome GONE = new Gone();

  /** The key is deleted. */
  record Deleted() implements Outcome {}

  /** There was no such key any more, which is as good as deleted. */
  record Gone() implements Outcome {}

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
   * The outcome for a key from a store that answers yes or no.
   *
   * @param wasThere whether there was such a key
   * @return {@link #DELETED} or {@link #GONE}
   */
  static Outcome of(boolean wasThere) {
    return wasThere ? DELETED : GONE;
  }
}
