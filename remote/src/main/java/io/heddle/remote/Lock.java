package io.heddle.remote;

import java.util.Locale;

/**
 * What can be leased besides messages.
 *
 * @param permits how many can have it at the same time
 */
record Lock(Kind kind, String name, int permits) {
  enum Kind {
    MUTEX,
    SEMAPHORE,
    ONCE,
    ELECTION;

    /** For people and for backends. */
    String word() {
      return this == MUTEX ? "lock" : name().toLowerCase(Locale.ROOT);
    }
  }

  Lock(Kind kind, String name) {
    this(kind, name, 1);
  }

  /** The kind and the name. */
  @Override
  public String toString() {
    return kind.word() + " " + name;
  }
}
