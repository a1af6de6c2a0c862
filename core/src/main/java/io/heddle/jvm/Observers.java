package io.heddle.jvm;

/**
 * Whether this JVM was started to be observed: with {@code -Dheddle.inspect}, {@code
 * -Dheddle.trace} or {@code -Dheddle.jfr}. It is decided once, so that in any other JVM the
 * compilers drop the code that observers need.
 */
public final class Observers {
  /** Whether goroutines, channels and stages keep what observers need. */
  public static final boolean WANTED =
      isSet("heddle.inspect") || isSet("heddle.trace") || isSet("heddle.jfr");

  /**
   * The group of the threads that only observe, and of the threads that these start. They wake no
   * goroutine of their own accord, so they do not keep a deadlock from being reported.
   */
  public static final ThreadGroup GROUP = new ThreadGroup("heddle-inspect");

  private Observers() {}

  private static boolean isSet(String property) {
    return !System.getProperty(property, "off").equals("off");
  }

  /**
   * Starts a daemon thread that only observes.
   *
   * @param name its name
   * @param task what it runs
   */
  public static void start(String name, Runnable task) {
    Thread thread = new Thread(GROUP, task, name, 0, false);
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Whether a thread only observes.
   *
   * @param thread a platform thread
   * @return true for those in the group
   */
  public static boolean contains(Thread thread) {
    return thread.getThreadGroup() == GROUP;
  }
}
