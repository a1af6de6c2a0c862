package io.heddle.jvm;

import java.lang.reflect.Field;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The JVM's shutdown hooks, which may wake a goroutine. Seen if java.lang is open to us. */
public final class ShutdownHooks {
  private static final @Nullable Field HOOKS = JdkHook.SHUTDOWN.find(ShutdownHooks::find);

  private ShutdownHooks() {}

  private static Field find() throws ReflectiveOperationException {
    Field hooks = Class.forName("java.lang.ApplicationShutdownHooks").getDeclaredField("hooks");
    hooks.setAccessible(true);
    return hooks;
  }

  /**
   * Whether the JVM's hooks can be seen.
   *
   * @return false if java.lang is closed, or this JDK has no such field
   */
  public static boolean areSeen() {
    return HOOKS != null;
  }

  /**
   * Whether there is a hook that is not one of the JDK's own.
   *
   * @return false also if they cannot be seen
   */
  public static boolean mayCall() {
    Field field = HOOKS;
    if (field == null) {
      return false;
    }
    Object hooks;
    try {
      synchronized (field.getDeclaringClass()) { // as the JDK does
        hooks = field.get(null);
        return hooks instanceof Map<?, ?> map
            && map.keySet().stream().anyMatch(ShutdownHooks::isUsers);
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
