package io.heddle.tour.store;

/** What came of a key, or of the listing of keys. */
public sealed interface Outcome {
  /**
   * The key was deleted.
   *
   * @param key the key
   */
  record Deleted(String key) implements Outcome {}

  /**
   * There was no such key any more: nothing to do, and no failure.
   *
   * @param key the key
   */
  record Gone(String key) implements Outcome {}

  /**
   * The key could not be deleted.
   *
   * @param key the key
   * @param cause why
   */
  record Failed(String key, StoreException cause) implements Outcome {}

  /**
   * The rest of the keys could not be listed.
   *
   * @param cause why
   */
  record ListingFailed(StoreException cause) implements Outcome {}
}
