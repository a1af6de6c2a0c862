package io.heddle.purge.engine;

/** How a run came to its end. */
public enum Ending {
  /** It went through all keys. */
  COMPLETE,
  /** Somebody cancelled it. */
  CANCELLED,
  /** There was no such store. */
  STORE_NOT_FOUND,
  /** The store did not let us in. */
  UNAUTHORISED,
  /** Too many keys could not be deleted. */
  MAX_ERRORS,
  /** As many keys were tried as may be. */
  MAX_DELETE,
  /** It took as long as it may. */
  MAX_DURATION,
  /** Something failed without which there is no going on: the listing, or a file of ours. */
  FATAL
}
