package io.heddle;

/**
 * Something that is to happen at a point in time. It runs on the clock's own thread and must
 * neither block nor take long.
 */
abstract class Alarm {
  /** Guarded by the clock's lock while the alarm is set. */
  long deadline;

  /** The place in the clock's heap, -1 when not set. Guarded by the clock's lock. */
  int index = -1;

  abstract void goOff();
}
