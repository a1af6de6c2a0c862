package io.heddle.purge;

/** What came of a key. */
public sealed interface Outcome {
  /** It is deleted. */
  Outcome DELETED = new Deleted();

  /** There was no such key any more: as good as deleted. */
  Outcome GONE = new Gone();

  /** It is deleted. */
  record Deleted() implements Outcome {}

  /** There was no such key any more: as good as deleted. */
  record Gone() implements Outcome {}

  /**
   * It is still there, as far as we know.
   *
   * @param cause why the last attempt failed
   * @param attempts how often it was tried
   */
  record Failed(StoreException cause, int attempts) implements Outcome {}

  /** The run ended before it was clear what comes of the key: it is left to the next run. */
  record Abandoned() implements Outcome {}

  /**
   * Makes an outcome of a key of which a store says yes or no.
   *
   * @param wasThere whether there was such a key
   * @return {@link #DELETED} or {@link #GONE}
   */
  static Outcome of(boolean wasThere) {
    return wasThere ? DELETED : GONE;
  }
}
