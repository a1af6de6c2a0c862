package io.heddle.jvm;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The private members of the JDK that Heddle uses where java.lang is open to it, and what it does
 * without each. They may be missing from another JDK: Heddle then works without them, and {@code
 * io.heddle.RuntimeInfo} says so. {@code -Dheddle.hooks.off=NAME,NAME} has Heddle not look for some
 * of them.
 */
@SuppressWarnings("ImmutableEnumChecker") // it is found, or not, when it is first used
public enum JdkHook {
  /** Virtual threads on an executor of one's own. */
  SCHEDULER("java.lang.ThreadBuilders.newVirtualThread", "goroutines run on the JDK's scheduler"),

  /** The platform thread that runs the current virtual one. */
  CARRIER("java.lang.Thread.currentCarrierThread", "goroutines run on the JDK's scheduler"),

  /** The steps of starting a virtual thread that the JDK does not list. */
  START(
      "java.lang.VirtualThread.start",
      "the JDK holds on to all goroutines, so leaks are found only with"
          + " -Djdk.trackAllThreads=false"),

  /** The shutdown hooks of the JVM, which may wake goroutines. */
  SHUTDOWN(
      "java.lang.ApplicationShutdownHooks.hooks",
      "a deadlock may be reported although a shutdown hook would have ended it"),

  /** The queues of the threads that end timed waits of virtual threads. */
  TIMED_WAITS(
      "java.lang.VirtualThread.DelayedTaskSchedulers.INSTANCE",
      "after a timed wait in the JDK some deadlocks are not reported"),

  /** The field of a thread with the bindings of its scoped values. */
  SCOPED_VALUES("java.lang.Thread.scopedValueBindings", "goroutines do not inherit scoped values"),

  /** The fields of a thread that code leaves something in. */
  THREAD_FIELDS(
      "java.lang.Thread.threadLocals",
      "each goroutine has a thread of its own from the start, which takes more time and memory");

  private static final boolean OPEN =
      Object.class.getModule().isOpen("java.lang", JdkHook.class.getModule());

  private final String member;
  private final String otherwise;
  private volatile @Nullable String problem = "not looked for";
  private volatile boolean missing;

  JdkHook(String member, String otherwise) {
    this.member = member;
    this.otherwise = otherwise;
  }

  /** Looks for a private member. */
  @FunctionalInterface
  public interface Search<T> {
    /**
     * Finds it.
     *
     * @return the member
     * @throws Exception if this JDK does not have it
     */
    T find() throws Exception;
  }

  /**
   * Whether java.lang is open to Heddle. If not, none of these can be had.
   *
   * @return true if it is
   */
  public static boolean isOpen() {
    return OPEN;
  }

  /**
   * Whether java.lang is open to the class path, but not to Heddle, which is on the module path.
   *
   * @return true if it is
   */
  public static boolean isOpenToClassPathOnly() {
    Module heddle = JdkHook.class.getModule();
    return !OPEN
        && heddle.isNamed()
        && Object.class
            .getModule()
            .isOpen("java.lang", ClassLoader.getSystemClassLoader().getUnnamedModule());
  }

  /**
   * The option that opens java.lang to Heddle.
   *
   * @return for a command line
   */
  public static String option() {
    Module module = JdkHook.class.getModule();
    return "--add-opens java.base/java.lang="
        + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
  }

  /**
   * Looks for it.
   *
   * @param <T> what it is
   * @param search how
   * @return the member, null if it was not found
   */
  public <T> @Nullable T find(Search<T> search) {
    if (!OPEN) {
      problem = "java.lang is not open to Heddle";
      return null;
    }
    missing = true;
    try {
      if (isOff()) { // as if the JDK had changed
        throw new NoSuchFieldException(member());
      }
      T found = search.find();
      problem = null;
      missing = false;
      return found;
    } catch (Exception | LinkageError e) {
      problem = isOff() ? "turned off by -Dheddle.hooks.off" : "this JDK does not have it: " + e;
      return null;
    }
  }

  private boolean isOff() {
    return Arrays.asList(System.getProperty("heddle.hooks.off", "").split(",")).contains(label());
  }

  /**
   * Its name in properties and texts.
   *
   * @return in lower case
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The member's name.
   *
   * @return with its class
   */
  public String member() {
    return member;
  }

  /**
   * What is different without it.
   *
   * @return in words
   */
  public String otherwise() {
    return otherwise;
  }

  /**
   * Why it is not used.
   *
   * @return in words, null if it is
   */
  public @Nullable String problem() {
    return problem;
  }

  /**
   * Whether it was not found although java.lang is open.
   *
   * @return true if this is not the JDK that Heddle knows
   */
  public boolean isMissing() {
    return missing;
  }
}
