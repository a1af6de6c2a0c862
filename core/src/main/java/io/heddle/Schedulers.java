package io.heddle;

import io.heddle.scheduler.Carriers;
import io.heddle.scheduler.Scheduler;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** The choice of scheduler, made once for the JVM by {@code heddle.scheduler=auto|heddle|jdk}. */
final class Schedulers {
  private static final @Nullable Scheduler HEDDLE = choose();
  private static final ThreadFactory JDK = Thread.ofVirtual().factory();

  private Schedulers() {}

  private static @Nullable Scheduler choose() {
    String choice = System.getProperty("heddle.scheduler", "auto");
    boolean ours =
        switch (choice) {
          case "auto" -> Carriers.areOpen();
          case "heddle" -> true;
          case "jdk" -> false;
          default ->
              throw new IllegalArgumentException(
                  "heddle.scheduler=" + choice + ": use auto, heddle or jdk");
        };
    int parallelism =
        Integer.getInteger("heddle.parallelism", Runtime.getRuntime().availableProcessors());
    return ours ? new Scheduler("heddle", parallelism) : null;
  }

  static Thread newThread(Runnable task) {
    Scheduler scheduler = HEDDLE;
    return scheduler == null ? JDK.newThread(task) : Carriers.newThread(scheduler, task);
  }

  static void start(Thread thread) {
    Scheduler scheduler = HEDDLE;
    if (scheduler == null) {
      thread.start();
    } else {
      scheduler.start(thread);
    }
  }
}
