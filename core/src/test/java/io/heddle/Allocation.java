package io.heddle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What a task allocates on the calling platform thread, as the JVM counts. */
final class Allocation {
  static final int CALLS = 20_000;

  private static final int ATTEMPTS = 10;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Allocation() {}

  static void assertNone(Task task) throws Exception {
    assertEquals(0, least(task), () -> "bytes allocated by " + CALLS + " calls");
  }

  /**
   * The bytes that so many calls allocate, in the best of some attempts: until the JVM has compiled
   * the task it may allocate more.
   */
  static long least(Task task) throws Exception {
    long least = Long.MAX_VALUE;
    for (int attempt = 0; attempt < ATTEMPTS && least > 0; attempt++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < CALLS; i++) {
        task.run();
      }
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }
}
