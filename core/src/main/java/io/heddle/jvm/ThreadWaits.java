package io.heddle.jvm;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How often each platform thread has begun to wait. Needs the module java.management. */
public final class ThreadWaits {
  private @Nullable ThreadMXBean threads;

  private ThreadWaits() {}

  /**
   * Makes a counter.
   *
   * @return null if the JVM was started without the module
   */
  public static @Nullable ThreadWaits find() {
    return ModuleLayer.boot().findModule("java.management").isPresent() ? new ThreadWaits() : null;
  }

  /**
   * Counts waits.
   *
   * @param all the threads
   * @return the number of waits by thread; -1 for one that has ended
   */
  public Map<Thread, Long> count(Thread[] all) {
    ThreadMXBean bean = threads;
    if (bean == null) {
      threads = bean = ManagementFactory.getThreadMXBean();
    }
    ThreadInfo[] infos =
        bean.getThreadInfo(Arrays.stream(all).mapToLong(Thread::threadId).toArray());
    Map<Thread, Long> counts = new HashMap<>();
    for (int i = 0; i < all.length; i++) {
      ThreadInfo info = infos[i];
      counts.put(all[i], info == null ? -1 : info.getWaitedCount() + info.getBlockedCount());
    }
    return counts;
  }
}
