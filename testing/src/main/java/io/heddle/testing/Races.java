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
  private static final @Nullable Method TAKE = find("report.Reports", "take");
  private static final @Nullable Method LEARN = find("clock.SharedSites", "learn");
  private static final @Nullable Method KEEP = find("clock.SharedSites", "keep");

  private Races() {}

  private static @Nullable Method find(String type, String method) {
    try {
      return Class.forName("io.heddle.race." + type, true, null).getMethod(method);
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
    List<String[]> races = (List<String[]>) call(TAKE);
    return races == null || races.isEmpty() ? null : RaceError.of(races);
  }

  /** From now on, explorations learn at which accesses the turn may change. */
  static void learn() {
    call(LEARN);
  }

  /** Explorations keep to what they have learnt. */
  static void keep() {
    call(KEEP);
  }

  private static @Nullable Object call(@Nullable Method method) {
    try {
      return method == null ? null : method.invoke(null);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("the race detector does not answer", e);
    }
  }
}
