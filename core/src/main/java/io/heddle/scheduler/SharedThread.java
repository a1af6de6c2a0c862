package io.heddle.scheduler;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a virtual thread does that goroutines share: it runs them, one after the other. To make a
 * thread takes longer than to run a short goroutine, and it is garbage at once; Go keeps its
 * goroutines' memory for the next ones for the same reason.
 *
 * <h2>Which goroutines share a thread</h2>
 *
 * <p>A worker whose next task is an {@link Unstarted} goroutine makes a thread for it, and runs
 * that. When the goroutine has ended, the thread takes the task that is next on its worker, if that
 * is an unstarted goroutine, too, and runs it without unmounting. Otherwise the thread ends. It
 * also ends when:
 *
 * <ul>
 *   <li>the goroutine has unmounted. So a thread on which a caller has waited, with all that refers
 *       to it because of that, and with the memory for its stack, belongs to one goroutine until it
 *       ends;
 *   <li>the goroutine has left something in the thread, or the thread is known outside as the
 *       goroutine's ({@link Unstarted#leave}), or as the holder of a lock ({@link
 *       Scheduler#keepThread});
 *   <li>it is the timers' turn, or that of the global queue or of a goroutine that was woken. The
 *       worker then does what it does between any two tasks. Each goroutine counts as a task, so a
 *       chain of them is as fair as if each had its own thread, and no longer than {@link
 *       Worker#MOST_TURNS}.
 * </ul>
 *
 * <h2>Who owns the thread</h2>
 *
 * <p>This object, until it is mounted for the first time; from then on the goroutine that runs, and
 * this object between two of them. While it does it cannot unmount, because nothing here blocks: so
 * it is on the same worker all that time and may call what only the worker's owner may. The calls
 * go to the worker of the moment. After a goroutine that is the worker from before only if the
 * goroutine has not unmounted, which shows by the worker's tasks: to mount a thread again is one.
 *
 * <p><b>Happens-before.</b> What a goroutine did happens before what the next one on its thread
 * does, in program order. No program may rely on that. A tool that looks for data races must not,
 * either.
 */
final class SharedThread implements Runnable {
  private final Scheduler scheduler;
  private @Nullable Unstarted first;

  SharedThread(Scheduler scheduler, Unstarted first) {
    this.scheduler = scheduler;
    this.first = first;
  }

  /** One frame, as it is in the memory of every goroutine that waits. */
  @Override
  public void run() {
    Thread self = Thread.currentThread();
    Unstarted goroutine = first;
    first = null; // this object lives as long as the thread
    while (goroutine != null) {
      if (!goroutine.begin(self)) {
        scheduler.startOwn(goroutine);
        goroutine = scheduler.nextUnstarted();
        continue;
      }
      Worker worker = Objects.requireNonNull(scheduler.worker());
      long task = worker.tasks();
      worker.keepsThread = false;
      goroutine.run();
      goroutine = isPassedOn(self, goroutine, worker, task) ? scheduler.nextUnstarted() : null;
    }
  }

  private boolean isPassedOn(Thread self, Unstarted ended, Worker before, long taskBefore) {
    return before == scheduler.worker()
        && before.tasks() == taskBefore
        && !before.keepsThread
        && before.isUnstartedNext() // else there is no use in leaving the thread
        && ended.leave(self);
  }
}
