package io.heddle.testing;

import io.heddle.internal.Stuck;

/** Goroutines are left although all should have ended. */
public final class LeakError extends AssertionError {
  private static final long serialVersionUID = 1;

  /** The dump. */
  private final String goroutines;

  LeakError(String message, Stuck stuck) {
    super(message + "\n\n" + stuck.goroutines());
    this.goroutines = stuck.goroutines();
  }

  /**
   * The goroutines that are left, each with its state, stack and creator.
   *
   * @return several lines for each
   */
  public String goroutines() {
    return goroutines;
  }
}
