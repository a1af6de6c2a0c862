package io.heddle.race.clock;

import org.jspecify.annotations.Nullable;

/**
 * Holds the state of the goroutine that it is. Heddle's goroutine implements it once the agent has
 * woven it: it is its thread's uncaught exception handler, so the way to the state is a field.
 */
@SuppressWarnings({
  "checkstyle:MethodName",
  "MethodName"
}) // no name of the woven class can be in the way
public interface StateHolder {
  /**
   * The state.
   *
   * @return null before it is set
   */
  @Nullable Object race$state();

  /**
   * Sets the state.
   *
   * @param state before the goroutine is started
   */
  void race$state(@Nullable Object state);

  /**
   * The field.
   *
   * @return the goroutine's number
   */
  long race$id();
}
