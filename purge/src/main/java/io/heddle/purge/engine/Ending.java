package io.heddle.purge.engine;

/** How a run came to its end. */
public enum Ending {
  /** It handled all keys. */
  COMPLETE,
  /** The user or the caller cancelled it. */
  CANCELLED,
  /** There was no such store. */
  STORE_NOT_FOUND,
  /** The store refused the credentials. */
  UNAUTHORISED,
  /** Too many keys could not be deleted. */
  MAX_ERRORS,
  /** It reached the limit of keys to try. */
  MAX_DELETE,
  /** It reached its time limit. */
  MAX_DURATION,
  /** It could not continue, because the listing or one of its own files failed. */
  FATAL
}
