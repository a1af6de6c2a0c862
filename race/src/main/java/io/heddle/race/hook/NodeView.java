package io.heddle.race.hook;

import org.jspecify.annotations.Nullable;

/** A place in a queue of Heddle's. The agent has the class implement it. */
@SuppressWarnings("MethodName") // no name of the woven class can be in the way
public interface NodeView {
  /**
   * What is waited on.
   *
   * @return null if nothing is
   */
  @Nullable Object race$on();

  /**
   * The field.
   *
   * @return what passes between the two sides
   */
  @Nullable Object race$item();

  /**
   * A field that is added.
   *
   * @return the clock that the waker has left
   */
  @Nullable Object race$clock();

  /**
   * Sets the field that is added.
   *
   * @param clock what the waker leaves
   */
  void race$clock(@Nullable Object clock);
}
