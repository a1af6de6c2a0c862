package io.heddle.race.hook;

import org.jspecify.annotations.Nullable;

/** A thread that waits in Heddle. The agent has the class implement it. */
@SuppressWarnings("MethodName") // no name of the woven class can be in the way
public interface WaiterView {
  /**
   * The field.
   *
   * @return the node that has completed the wait
   */
  @Nullable Object race$winner();

  /**
   * A field that is added.
   *
   * @return the clock of the thread when it began to wait
   */
  @Nullable Object race$offered();

  /**
   * Sets the field that is added.
   *
   * @param clock of the thread
   */
  void race$offered(@Nullable Object clock);
}
