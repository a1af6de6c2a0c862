package io.heddle;

import org.jspecify.annotations.Nullable;

/**
 * Something that is to happen at a point in time. It runs on whatever thread looks after the clock,
 * and must neither block nor take long.
 */
abstract class Alarm {
  /** The queue it belongs to, from its first start on, which happens before it is shared. */
  @Nullable AlarmQueue home;

  /** Whether it is to go off. Guarded by its home. */
  boolean isSet;

  /** When it is to go off, if it is set. Guarded by its home. */
  long deadline;

  /** Its deadline as the heap knows it, at most the real one. Guarded by its home. */
  long key;

  /** The place in the heap, -1 when it is not in it. Guarded by its home. */
  int index = -1;

  abstract void goOff();

  /** What happens then, for people. */
  String what() {
    return "internal";
  }

  /** The key of the goroutine or thread that waits for it; 0 if none does. */
  long waiter() {
    return 0;
  }
}
