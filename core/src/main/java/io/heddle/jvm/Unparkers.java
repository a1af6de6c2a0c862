package io.heddle.jvm;

import java.lang.reflect.Field;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's threads that end timed waits of virtual threads on a scheduler of our own. Such a
 * thread sleeps until the earliest wait it ever had to end would have been over, also if that ended
 * long before. So its queue has to say whether there is any. Seen if java.lang is open to us.
 */
public final class Unparkers {
  private static final String NAME = "VirtualThread-unparker";

  private static final @Nullable Field ALL = JdkHook.TIMED_WAITS.find(Unparkers::find);

  private Unparkers() {}

  private static Field find() throws ReflectiveOperationException {
    Field all =
        Class.forName("java.lang.VirtualThread$DelayedTaskSchedulers").getDeclaredField("INSTANCE");
    all.setAccessible(true);
    return all;
  }

  /**
   * Whether such threads' queues can be seen.
   *
   * @return false if java.lang is closed, or this JDK has no such field
   */
  public static boolean areSeen() {
    return ALL != null;
  }

  /**
   * Whether this is such a thread that sleeps, and none of them has a wait to end.
   *
   * @param thread a thread of the JDK's
   * @return false also if their queues cannot be seen
   */
  public static boolean areIdle(Thread thread) {
    Field all = ALL;
    if (all == null
        || !thread.getName().equals(NAME)
        || thread.getState() == Thread.State.RUNNABLE
        || thread.getState() == Thread.State.BLOCKED) {
      return false;
    }
    try {
      for (Object one : (Object[]) all.get(null)) {
        if (!(one instanceof ScheduledThreadPoolExecutor pool) || !pool.getQueue().isEmpty()) {
          return false;
        }
      }
      return true;
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }
}
