package io.heddle.flow;

/**
 * Does something with a value, and may fail: a {@link java.util.function.Consumer} that may throw.
 *
 * @param <T> what it takes
 */
@FunctionalInterface
public interface Action<T> {
  /**
   * Does it.
   *
   * @param value what to do it with
   * @throws Exception if that fails; what becomes of it is said where the action is used
   */
  void run(T value) throws Exception;
}
