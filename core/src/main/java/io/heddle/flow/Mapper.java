package io.heddle.flow;

import org.jspecify.annotations.Nullable;

/**
 * Makes one value of another, and may fail: a {@link java.util.function.Function} that may throw.
 *
 * @param <T> what it takes
 * @param <R> what it makes
 */
@FunctionalInterface
public interface Mapper<T, R extends @Nullable Object> {
  /**
   * Makes the result.
   *
   * @param value what to make it of
   * @return the result
   * @throws Exception if that fails; what becomes of it is said where the mapper is used
   */
  R apply(T value) throws Exception;
}
