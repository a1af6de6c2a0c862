package io.heddle;

import io.heddle.jvm.JdkHook;
import io.heddle.jvm.ThreadFields;
import io.heddle.scheduler.Carriers;
import io.heddle.scheduler.Listing;
import io.heddle.scheduler.Scheduler;
import io.heddle.scheduler.Unstarted;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * The choice of scheduler, made once for the JVM by {@code heddle.scheduler=auto|heddle|jdk}. For
 * Heddle's own, {@code heddle.parallelism} is Go's GOMAXPROCS, and {@code heddle.threads=own} gives
 * each goroutine a thread of its own from the start.
 */
final class Schedulers {
  private static final @Nullable Scheduler HEDDLE = choose();
  private static final ThreadFactory JDK = Thread.ofVirtual().factory();

  /** Our own scheduler if goroutines may get their threads from it, when their turn comes. */
  private static final @Nullable Scheduler SHARING =
      sharing(System.getProperty("heddle.threads", "shared"), HEDDLE);

  private Schedulers() {}

  private static @Nullable Scheduler choose() {
    String choice = System.getProperty("heddle.scheduler", "auto");
    return switch (choice) {
      case "auto" -> Carriers.areOpen() ? heddle() : null;
      case "heddle" -> {
        if (!Carriers.areOpen()) {
          throw new IllegalStateException(
              "heddle.scheduler=heddle: "
                  + (JdkHook.isOpen() ? obstacle() : "java needs the option " + JdkHook.option()));
        }
        yield heddle();
      }
      case "jdk" -> null;
      default ->
          throw new IllegalArgumentException(
              "heddle.scheduler=" + choice + ": use auto, heddle or jdk");
    };
  }

  private static Scheduler heddle() {
    String given = System.getProperty("heddle.parallelism");
    int processors = Math.min(Runtime.getRuntime().availableProcessors(), Scheduler.MOST_WORKERS);
    try {
      return new Scheduler("heddle", given == null ? processors : Integer.parseInt(given));
    } catch (IllegalArgumentException e) { // also if it is no number
      throw new IllegalArgumentException(
          "heddle.parallelism=" + given + ": use a number from 1 to " + Scheduler.MOST_WORKERS, e);
    }
  }

  static @Nullable Scheduler sharing(String choice, @Nullable Scheduler scheduler) {
    return switch (choice) {
      case "shared" -> ThreadFields.areSeen() ? scheduler : null;
      case "own" -> null;
      default ->
          throw new IllegalArgumentException("heddle.threads=" + choice + ": use shared or own");
    };
  }

  /** Our own scheduler, null if goroutines run on the JDK's. */
  static @Nullable Scheduler own() {
    return HEDDLE;
  }

  /** Whether goroutines run on our own scheduler. */
  static boolean isOurs() {
    return HEDDLE != null;
  }

  /** Whether this is a thread that runs goroutines on our own scheduler. */
  static boolean isWorker(Thread thread) {
    Scheduler scheduler = HEDDLE;
    return scheduler != null && scheduler.isWorker(thread);
  }

  /** Whether this is a worker of our own scheduler that has nothing to do. */
  static boolean isIdle(Thread thread) {
    Scheduler scheduler = HEDDLE;
    return scheduler != null && scheduler.isIdle(thread);
  }

  /** Whether our own scheduler has a task to run. */
  static boolean haveWork() {
    Scheduler scheduler = HEDDLE;
    return scheduler != null && scheduler.hasWork();
  }

  /**
   * Whether the calling code may wait for another without parking. Of the JDK's scheduler we know
   * too little to say no.
   */
  static boolean canSpin() {
    Scheduler scheduler = HEDDLE;
    return scheduler == null || scheduler.canSpin();
  }

  /** Whether exactly one goroutine is queued on the worker of the calling code. */
  static boolean isOneBehind() {
    Scheduler scheduler = HEDDLE;
    return scheduler != null && scheduler.queuedHere() == 1;
  }

  /** Whether a thread only watches over goroutines. */
  static boolean isMonitor(Thread thread) {
    Scheduler scheduler = HEDDLE;
    return scheduler != null && scheduler.isMonitor(thread);
  }

  /** Why goroutines run on this scheduler. */
  static String reason() {
    String choice = System.getProperty("heddle.scheduler", "auto");
    if (!choice.equals("auto")) {
      return "heddle.scheduler=" + choice;
    }
    if (!JdkHook.isOpen()) {
      return "java.lang is not open to Heddle";
    }
    return Carriers.areOpen() ? "java.lang is open to Heddle" : obstacle();
  }

  private static String obstacle() {
    return JdkHook.SCHEDULER.problem() != null
        ? JdkHook.SCHEDULER.member() + ": " + JdkHook.SCHEDULER.problem()
        : JdkHook.CARRIER.member() + ": " + JdkHook.CARRIER.problem();
  }

  /** Whether a goroutine can be started without a thread. */
  static boolean shareThreads() {
    return SHARING != null;
  }

  /**
   * Has the calling goroutine keep its thread when it ends, because something else than its handle
   * identifies it by the thread. Costs a store.
   */
  static void keepThread() {
    if (SHARING != null) {
      Scheduler.keepThread();
    }
  }

  static Thread newThread(Runnable task) {
    Scheduler scheduler = HEDDLE;
    return scheduler == null ? JDK.newThread(task) : Carriers.newThread(scheduler, task);
  }

  /** A thread that inherits nothing from the caller, for a goroutine that was started without. */
  static Thread newBareThread(Runnable task) {
    return Carriers.newBareThread(Objects.requireNonNull(SHARING), task);
  }

  static void start(Thread thread) {
    Scheduler scheduler = HEDDLE;
    if (scheduler == null) {
      Listing.start(thread);
    } else {
      scheduler.start(thread);
    }
  }

  /** Starts a goroutine that has no thread. */
  static void start(Unstarted goroutine) {
    Objects.requireNonNull(SHARING).start(goroutine);
  }
}
