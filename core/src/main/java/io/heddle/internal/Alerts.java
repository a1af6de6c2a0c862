package io.heddle.internal;

import io.heddle.jvm.Observers;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Tells an observer of what is worth a record: a deadlock, a missed deadline, a leak, a stuck
 * worker.
 */
public final class Alerts {
  private static final List<Listener> LISTENERS = new CopyOnWriteArrayList<>();

  private Alerts() {}

  /** Is told of alerts, by any thread. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Takes note of an alert, soon.
     *
     * @param kind "deadlock", "deadline", "leak", "stuck" or "signal"
     * @param text what happened, for people
     */
    void raised(String kind, String text);
  }

  /**
   * Has a listener told of all alerts from now on.
   *
   * @param listener told in addition to the others
   */
  public static void listen(Listener listener) {
    LISTENERS.add(listener);
  }

  /**
   * Tells the listeners, if there are any. Costs nothing in a JVM that was not started to be
   * observed.
   *
   * @param kind "deadlock", "deadline", "leak", "stuck" or "signal"
   * @param text what happened
   */
  public static void raise(String kind, String text) {
    if (Observers.WANTED) {
      for (Listener listener : LISTENERS) {
        try {
          listener.raised(kind, text);
        } catch (RuntimeException | VirtualMachineError e) {
          // What is observed must not fail because of its observer.
        }
      }
    }
  }
}
