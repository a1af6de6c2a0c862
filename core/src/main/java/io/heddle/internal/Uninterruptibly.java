package io.heddle.internal;

import java.util.function.Consumer;

/** Waits for what has to have happened before the caller continues. */
public final class Uninterruptibly {
  /** A wait of any kind. */
  @FunctionalInterface
  public interface Wait {
    /**
     * Waits.
     *
     * @throws InterruptedException if the thread is interrupted
     */
    void await() throws InterruptedException;
  }

  private Uninterruptibly() {}

  /**
   * Waits. Interrupts do not end the wait; the thread is interrupted again when it is over.
   *
   * @param wait what to wait for
   */
  public static void await(Wait wait) {
    await(wait, ignored -> {});
  }

  /**
   * Waits. Interrupts do not end the wait; the thread is interrupted again when it is over.
   *
   * @param wait what to wait for
   * @param onInterrupt called for each interrupt, before the wait continues
   * @return whether the thread was interrupted
   */
  public static boolean await(Wait wait, Consumer<? super InterruptedException> onInterrupt) {
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
