package io.heddle.internal;

import java.util.function.Consumer;

/** Waits for what has to have happened before the caller continues. */
public final class Uninterruptibly {
  /**
   * A wait of any kind.
   *
   * @param <X> what else it throws
   */
  @FunctionalInterface
  public interface Wait<X extends Exception> {
    /**
     * Waits.
     *
     * @throws InterruptedException if the thread is interrupted
     * @throws X if the wait fails, for example because the time is over
     */
    void await() throws InterruptedException, X;
  }

  private Uninterruptibly() {}

  /**
   * Waits. Interrupts do not end the wait; the thread is interrupted again when it is over.
   *
   * @param wait what to wait for
   */
  public static void await(Wait<RuntimeException> wait) {
    await(wait, ignored -> {});
  }

  /**
   * Waits. Interrupts do not end the wait; the thread is interrupted again when it is over.
   *
   * @param wait what to wait for
   * @param onInterrupt called for each interrupt, before the wait continues
   * @return whether the thread was interrupted
   */
  public static boolean await(
      Wait<RuntimeException> wait, Consumer<? super InterruptedException> onInterrupt) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          wait.await();
          return interrupted;
        } catch (InterruptedException e) {
          interrupted = true;
          onInterrupt.accept(e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
