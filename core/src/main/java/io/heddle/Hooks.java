package io.heddle;

import java.lang.reflect.Field;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The JVM's shutdown hooks, which may wake a goroutine. Seen if java.lang is open to us. */
final class Hooks {
  private static final @Nullable Field HOOKS = find();

  private Hooks() {}

  private static @Nullable Field find() {
    if (!Object.class.getModule().isOpen("java.lang", Hooks.class.getModule())) {
      return null;
    }
    try {
      Field hooks = Class.forName("java.lang.ApplicationShutdownHooks").getDeclaredField("hooks");
      hooks.setAccessible(true);
      return hooks;
    } catch (ReflectiveOperationException e) {
      return null; // another JDK
    }
  }

  /** Whether there is a hook that is not one of the JDK's own. */
  static boolean mayCall() {
    Field field = HOOKS;
    if (field == null) {
      return false;
    }
    Object hooks;
    try {
      synchronized (field.getDeclaringClass()) { // as the JDK does
        hooks = field.get(null);
        return hooks instanceof Map<?, ?> map && map.keySet().stream().anyMatch(Hooks::isUsers);
      }
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean isUsers(Object hook) {
    Set<String> own = Set.of("java.logging", "jdk.jfr");
    String module = hook.getClass().getModule().getName();
    return module == null || !own.contains(module);
  }
}
