package io.heddle.tour.store;

import io.heddle.purge.StoreException;

/** A run has had more errors than it tolerates. */
public final class TooManyErrorsException extends Exception {
  private static final long serialVersionUID = 1;

  /** The key that exceeded the limit. */
  private final String key;

  /** Why it could not be deleted. */
  private final StoreException failure;

  /** Makes an exception. */
  public TooManyErrorsException(int limit, Outcome.Failed last) {
    super("more than " + limit + " errors", last.cause());
    this.key = last.key();
    this.failure = last.cause();
  }

  /** The failure that exceeded the limit. */
  public Outcome.Failed last() {
    return new Outcome.Failed(key, failure);
  }
}
