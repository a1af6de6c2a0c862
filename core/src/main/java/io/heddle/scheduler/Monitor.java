package io.heddle.scheduler;

import io.heddle.internal.Alerts;
import io.heddle.jvm.Observers;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that nothing stalls the rest: every 10 ms, a thread checks whether each worker has
 * begun another task. One that has not, because its goroutine computes, or blocks in native code,
 * loses its queue to the global one, and an idle or a spare worker takes its place. Spare workers
 * end when they find nothing to do.
 */
final class Monitor implements Runnable {
  private static final long PERIOD_NANOS = 10_000_000;

  /** It sleeps without a limit after this many rounds in which nothing ran. */
  private static final int QUIET_ROUNDS = 100;

  private final Scheduler scheduler;
  private volatile @Nullable Thread thread;
  private volatile boolean sleeps;

  /** How many workers were stuck when it last looked. */
  private volatile int stuck;

  Monitor(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  void start(String name) {
    Thread made = Thread.ofPlatform().name(name).daemon().unstarted(this);
    thread = made;
    made.start();
  }

  /** Whether it runs on this thread. */
  boolean isOn(Thread one) {
    return thread == one;
  }

  int stuck() {
    return stuck;
  }

  /** Called when a worker has become busy, and none was. */
  void wakeUp() {
    if (sleeps) {
      LockSupport.unpark(thread);
    }
  }

  /** Called when the scheduler has been closed. */
  void end() {
    LockSupport.unpark(thread);
  }

  @Override
  public void run() {
    int quiet = 0;
    int sinceSpare = 0;
    while (!scheduler.isClosed()) {
      long slept = System.nanoTime();
      LockSupport.parkNanos(scheduler, PERIOD_NANOS);
      slept = System.nanoTime() - slept;
      boolean ran = scheduler.isBusy();
      quiet = ran ? 0 : quiet + 1;
      if (quiet > QUIET_ROUNDS) {
        sleeps = true;
        while (!scheduler.isBusy() && !scheduler.isClosed()) {
          LockSupport.park(scheduler);
        }
        sleeps = false;
        quiet = 0;
        forgetTasks();
        continue;
      }
      if (slept > 2 * PERIOD_NANOS) {
        forgetTasks(); // the whole JVM paused, for a collection say: no worker had a chance to move
      }
      int still = 0;
      boolean moved = false;
      Worker[] all = scheduler.workers();
      int parallelism = scheduler.parallelism();
      for (Worker worker : all) {
        long before = worker.tasksSeen;
        worker.tasksSeen = worker.tasks();
        if (worker.sleepState() == Worker.RUNNING && worker.tasksSeen == before) {
          still++;
          if (Observers.WANTED) {
            reportStuck(worker);
          }
          moved |= giveUp(worker);
        }
      }
      stuck = still;
      dismissSpares(all.length - still - parallelism);
      // More spares come more slowly: they help against blocking, but computations only get in each
      // other's way.
      sinceSpare++;
      boolean needed = all.length - still < parallelism && (moved || scheduler.hasGlobalWork());
      if (needed && sinceSpare > all.length - parallelism) {
        sinceSpare = 0;
        try {
          scheduler.addWorker();
        } catch (OutOfMemoryError e) {
          // no thread to be had: those who are stuck may come free, and we look again
        }
      }
    }
  }

  private static void reportStuck(Worker worker) {
    if (Recorder.isOn()) {
      Recorder.record(Recorder.STUCK, 0, worker.number);
    }
    if (worker.stuckReported != worker.tasksSeen) { // once for each task
      worker.stuckReported = worker.tasksSeen;
      Alerts.raise("stuck", worker.getName() + " has run one goroutine for more than 10 ms");
    }
  }

  /**
   * Wakes workers that are parked and not needed any more, so that they end. A worker that parked
   * while others were stuck was needed then, and nothing else may wake it for a long time.
   */
  private void dismissSpares(int spares) {
    for (int i = 0; i < spares && scheduler.wakeOne(Worker.PARKED); i++) {}
  }

  private static boolean giveUp(Worker worker) {
    try {
      return worker.giveUp();
    } catch (OutOfMemoryError e) {
      return true; // they are where they were; the next look comes soon
    }
  }

  /** What the monitor saw before says nothing about who moves now. */
  private void forgetTasks() {
    for (Worker worker : scheduler.workers()) {
      worker.tasksSeen = Worker.NOT_SEEN;
    }
  }
}
