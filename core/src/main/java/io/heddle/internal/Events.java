package io.heddle.internal;

import io.heddle.jvm.Observers;
import org.jspecify.annotations.Nullable;

/** Passes what goroutines do to an observer that makes events of it, for JFR. */
public final class Events {
  /** Read without order: what happens before an observer is seen is not observed. */
  private static @Nullable Observer observer;

  private Events() {}

  /** Makes events. Called by goroutines, which must not be blocked. */
  public interface Observer {
    /**
     * A goroutine begins. Called on its thread.
     *
     * @param program the number of its program
     * @param id its number in the program
     * @param createdBy where it was created
     */
    void started(long program, long id, String createdBy);

    /**
     * The goroutine of the calling thread ends.
     *
     * @param program the number of its program
     * @param id its number in the program
     * @param failure what it failed with; null if it did not
     */
    void ended(long program, long id, @Nullable Throwable failure);

    /**
     * The calling thread begins to wait.
     *
     * @return handed to {@link #waited}; null if that need not be called
     */
    @Nullable Object waits();

    /**
     * The calling thread continues.
     *
     * @param wait what {@link #waits} returned
     * @param reason what it waited for
     * @param program the number of its goroutine's program
     * @param id its goroutine's number in the program; 0 if it is no goroutine
     */
    void waited(Object wait, String reason, long program, long id);
  }

  /**
   * Has an observer make events from now on.
   *
   * @param one the only one; null for none
   */
  public static void observe(@Nullable Observer one) {
    observer = one;
  }

  /**
   * Whether events are recorded.
   *
   * @return false in a JVM that was not started to be observed, which costs nothing
   */
  public static boolean areMade() {
    return Observers.WANTED && observer != null;
  }

  // None of these fails: for want of memory or stack there is no event.

  /**
   * As {@link Observer#started}.
   *
   * @param program the number of its program
   * @param id its number in the program
   * @param createdBy where it was created
   */
  public static void started(long program, long id, String createdBy) {
    Observer one = observer;
    if (one != null) {
      try {
        one.started(program, id, createdBy);
      } catch (Throwable e) {
        // see above
      }
    }
  }

  /**
   * As {@link Observer#ended}.
   *
   * @param program the number of its program
   * @param id its number in the program
   * @param failure what it failed with; null if it did not
   */
  public static void ended(long program, long id, @Nullable Throwable failure) {
    Observer one = observer;
    if (one != null) {
      try {
        one.ended(program, id, failure);
      } catch (Throwable e) {
        // see above
      }
    }
  }

  /**
   * As {@link Observer#waits}.
   *
   * @return handed to {@link #waited}; null if that need not be called
   */
  public static @Nullable Object waits() {
    Observer one = observer;
    try {
      return one == null ? null : one.waits();
    } catch (Throwable e) {
      return null;
    }
  }

  /**
   * As {@link Observer#waited}.
   *
   * @param wait what {@link #waits} returned
   * @param reason what it waited for
   * @param program the number of its goroutine's program
   * @param id its goroutine's number in the program; 0 if it is no goroutine
   */
  public static void waited(Object wait, String reason, long program, long id) {
    Observer one = observer;
    if (one != null) {
      try {
        one.waited(wait, reason, program, id);
      } catch (Throwable e) {
        // see above
      }
    }
  }
}
