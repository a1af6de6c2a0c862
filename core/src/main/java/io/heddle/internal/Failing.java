package io.heddle.internal;

import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How tasks of the module's other packages report that they fail before they let anyone know that
 * they have ended. Else a wait for them could return, and the program end as if all were well,
 * before the program knows of the failure.
 */
public final class Failing {
  private static volatile @Nullable Consumer<Throwable> toProgram;

  private Failing() {}

  /**
   * Sets where failures are reported.
   *
   * @param toProgram takes what the calling goroutine's task is about to throw
   */
  public static void register(Consumer<Throwable> toProgram) {
    Failing.toProgram = toProgram;
  }

  /**
   * Reports what the calling goroutine's task is about to throw.
   *
   * @param thrown what it throws
   */
  public static void report(Throwable thrown) {
    Objects.requireNonNull(toProgram, "a goroutine calls").accept(thrown);
  }
}
