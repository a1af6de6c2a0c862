package io.heddle.testing;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The race detector, if its agent runs in this JVM. The agent's classes are the boot loader's, and
 * this module does not depend on them.
 */
final class Races {
  private static final @Nullable Method TAKE = find();

  private Races() {}

  private static @Nullable Method find() {
    try {
      return Class.forName("io.heddle.race.report.Reports", true, null).getMethod("take");
    } catch (ClassNotFoundException e) {
      return null;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException("the race detector's agent is of another version", e);
    }
  }

  static boolean areDetected() {
    return TAKE != null;
  }

  /** The races since the last call; null without races, or without a detector. */
  @SuppressWarnings("unchecked") // that is the method's type
  static @Nullable RaceError take() {
    if (TAKE == null) {
      return null;
    }
    try {
      List<String[]> races = (List<String[]>) TAKE.invoke(null);
      return races.isEmpty() ? null : RaceError.of(races);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("the race detector does not answer", e);
    }
  }
}
