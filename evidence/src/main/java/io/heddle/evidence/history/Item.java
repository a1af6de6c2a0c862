package io.heddle.evidence.history;

/**
 * An object that a program uses.
 *
 * @param size a channel's capacity, a semaphore's permits, a wait group's count, the index of a
 *     condition's mutex
 */
record Item(Kind kind, int size) {
  enum Kind {
    CHANNEL,
    MUTEX,
    RW_MUTEX,
    SEMAPHORE,
    WAIT_GROUP,
    COND,
    TIMER,
    CONTEXT
  }
}
