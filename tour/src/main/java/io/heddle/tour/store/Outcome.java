package io.heddle.tour.store;

import io.heddle.purge.StoreException;

/** The outcome for a key, or for the listing of keys. */
public sealed interface Outcome {
  /** The key was deleted. */
  record Deleted(String key) implements Outcome {}

  /** There was no such key any more: nothing to do, and no failure. */
  record Gone(String key) implements Outcome {}

  /** The key could not be deleted. */
  record Failed(String key, StoreException cause) implements Outcome {}

  /** The rest of the keys could not be listed. */
  record ListingFailed(StoreException cause) implements Outcome {}
}
