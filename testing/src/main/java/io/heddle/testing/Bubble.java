package io.heddle.testing;

import io.heddle.Go;
import io.heddle.PanicException;
import io.heddle.Task;
import io.heddle.internal.Stuck;
import io.heddle.internal.TestAccess;
import java.util.Objects;

/**
 * A program in virtual time: Go's {@code testing/synctest}.
 *
 * {@snippet :
 * Bubble.run(() -> {
 *   try (var context = Context.background().withTimeout(Duration.ofHours(1))) {
 *     Go.sleep(Duration.ofMinutes(59));
 *     assertNull(context.error());
 *     Go.sleep(Duration.ofMinutes(1));
 *     Bubble.settle();
 *     assertNotNull(context.error());
 *   }
 * });                                     // takes a few milliseconds
 * }
 *
 * <p>The goroutines that are started in a bubble, directly and indirectly, share a clock. It starts
 * at midnight UTC of 2000-01-01 and stands still while any of them runs. When all of them are
 * <i>durably blocked</i>, it jumps to the next deadline. So sleeps, timers, tickers, timeouts and
 * rate limiters take exactly the given time in virtual time, and none in real time. {@link
 * Go#now()}, {@link Go#nanoTime()} and {@link Go#clock()} read the bubble's clock; {@code
 * System.nanoTime()} and {@code Instant.now()} do not.
 *
 * <p>A goroutine is durably blocked when only the bubble can wake it up: in {@link Go#sleep}, or in
 * any blocking operation of Heddle on objects that were made in the bubble, or are never ready. A
 * goroutine is not durably blocked, and time stands still, while it runs, does I/O, is in {@code
 * Thread.sleep}, or waits for a monitor, a lock of {@code java.util.concurrent}, a future or a
 * Heddle object made outside. Threads that are not goroutines are not part of the bubble.
 *
 * <p>Objects that are made in a bubble belong to it. Operations on its channels, timers, wait
 * groups, locks and semaphores throw an {@link IllegalStateException} when called from elsewhere.
 * Only contexts and goroutines can be cancelled and waited for from outside.
 */
public final class Bubble {
  private Bubble() {}

  /**
   * Runs a main function, and the goroutines that it starts, in a bubble of its own, and waits
   * until all of them have ended.
   *
   * <p>When main ends, time stops. The other goroutines continue until they are durably blocked; if
   * any is left then, the call fails. They are interrupted before it returns.
   *
   * @param main the main function
   * @throws DeadlockError if all goroutines wait for each other
   * @throws LeakError if main has ended and blocked goroutines are left
   * @throws IllegalStateException if this is called in a bubble
   * @throws InterruptedException if the calling thread is interrupted
   * @throws Exception the exception of the first goroutine to fail, main or another. The message of
   *     a suppressed exception says which goroutine it was, and what the others did. Later failures
   *     of other goroutines are suppressed, too
   */
  public static void run(Task main) throws Exception {
    Objects.requireNonNull(main, "main");
    Stuck stuck;
    try {
      stuck =
          TestAccess.get()
              .runBubble(() -> {
                main.run();
                return null;
              });
    } catch (PanicException e) {
      throw Failed.with(e);
    }
    if (stuck != null) {
      throw stuck.mainEnded()
          ? new LeakError("the bubble's main goroutine has ended, and others are left", stuck)
          : new DeadlockError(stuck);
    }
  }

  /**
   * Waits until all other goroutines of the bubble are durably blocked, without any time passing:
   * Go's {@code synctest.Wait()}. Everything that they did until then happens before this returns.
   *
   * @throws IllegalStateException if the caller is not in a bubble, or another goroutine waits here
   * @throws InterruptedException if the thread is interrupted
   */
  public static void settle() throws InterruptedException {
    TestAccess.get().settle();
  }
}
