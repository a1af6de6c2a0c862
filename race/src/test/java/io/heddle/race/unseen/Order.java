package io.heddle.race.unseen;

/**
 * Forces an order that the detector does not see: this package is excluded from its scope, so what
 * happens here makes no edges.
 */
public final class Order {
  /** Whether orders are forced. While schedules are explored they are not. */
  private static volatile boolean forced = true;

  private int reached;

  /** From now on, waits for an order return at once. */
  public static void leaveToChance() {
    forced = false;
  }

  /** Another step has been reached. */
  public synchronized void reach() {
    reached++;
    notifyAll();
  }

  /** Waits until that many steps have been reached. */
  public synchronized void await(int steps) throws InterruptedException {
    while (forced && reached < steps) {
      wait();
    }
  }

  /** Waits until a thread has ended. Its state makes no edge, as a join does. */
  @SuppressWarnings("ThreadPriorityCheck") // it ends soon
  public static void awaitEnd(Thread thread) {
    while (thread.getState() != Thread.State.TERMINATED) {
      Thread.yield();
    }
  }
}
