package io.heddle.race.clock;

import org.jspecify.annotations.Nullable;

/**
 * A call of the JDK in progress that may call back: a function that it was given, or a method of
 * the elements, such as {@code equals}. What the callback sees was published to the clock before,
 * although the call has not returned yet.
 */
public final class Operation {
  private final SyncVar clock;
  private final boolean publishes;
  private final @Nullable Operation other;

  /**
   * A call.
   *
   * @param clock that of the object that it is called on, or is given
   * @param publishes whether it publishes what the callback does: the callback runs under the lock
   *     of the object, or makes what the object holds afterwards
   * @param other another object that the call concerns, null if it concerns one object
   */
  public Operation(SyncVar clock, boolean publishes, @Nullable Operation other) {
    this.clock = clock;
    this.publishes = publishes;
    this.other = other;
  }

  /**
   * A callback begins.
   *
   * @param thread the calling thread
   */
  public void begins(ThreadState thread) {
    for (Operation each = this; each != null; each = each.other) {
      each.clock.acquire(thread);
    }
  }

  /**
   * A callback ends.
   *
   * @param thread the calling thread
   */
  public void ends(ThreadState thread) {
    for (Operation each = this; each != null; each = each.other) {
      if (each.publishes) {
        each.clock.release(thread);
      }
    }
  }
}
