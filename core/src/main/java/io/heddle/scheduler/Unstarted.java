package io.heddle.scheduler;

import org.jspecify.annotations.Nullable;

/**
 * A goroutine that has not begun. The run queue holds the goroutine itself, which needs no thread
 * before its turn comes: see {@link SharedThread}. {@link #run} is what a thread is to run, and is
 * not called on a worker.
 */
public interface Unstarted extends Runnable {
  /**
   * The thread that was made for the goroutine alone, because a caller has asked for it.
   *
   * @return a thread that may have been started; null if the goroutine has no thread
   */
  @Nullable Thread ownThread();

  /**
   * The goroutine is about to {@link #run} on the calling thread, after others.
   *
   * @param self the calling thread
   * @return false if a thread was made for the goroutine alone meanwhile
   */
  boolean begin(Thread self);

  /**
   * The goroutine has run on the calling thread, and ended. From now on the thread is another's.
   *
   * @param self the calling thread
   * @return false if the thread is known to belong to this goroutine, or has kept something of it
   */
  boolean leave(Thread self);

  /**
   * The goroutine's own thread could not be started.
   *
   * @param why what happened
   */
  void fail(Throwable why);
}
