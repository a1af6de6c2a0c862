package io.heddle;

/**
 * What {@link Goroutines}, {@link Leaks} and {@link RuntimeInfo} show, for a JMX console: the bean
 * {@code io.heddle:type=Goroutines}. It is registered when Heddle is first used, if the JVM was
 * started with {@code -Dheddle.jmx=on} and has the module {@code java.management}. It is off by
 * default because the platform's bean server took 250 ms and more to start, on JDK 25.0.3 and two
 * busy cores.
 *
 * <p>While a JMX agent runs, {@linkplain DeadlockException deadlocks} are not reported: its threads
 * may call.
 */
public interface GoroutinesMXBean {
  /**
   * How many goroutines there are.
   *
   * @return as {@link Goroutines#count}
   */
  int getCount();

  /**
   * How many goroutines have leaked.
   *
   * @return as {@link Leaks#count}
   */
  long getLeakCount();

  /**
   * What Heddle runs on, and what it cannot do there.
   *
   * @return as {@link RuntimeInfo#toString}
   */
  String getRuntimeInfo();

  /**
   * What each goroutine does.
   *
   * @return as {@link Goroutines#dump}
   */
  String dump();

  /**
   * What each goroutine does, for programs.
   *
   * @return as {@link Goroutines#dumpJson}
   */
  String dumpJson();
}
