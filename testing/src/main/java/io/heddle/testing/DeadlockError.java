package io.heddle.testing;

import io.heddle.internal.Stuck;

/** All goroutines of a bubble wait for each other. */
public final class DeadlockError extends AssertionError {
  private static final long serialVersionUID = 1;

  /** The dump. */
  private final String goroutines;

  DeadlockError(Stuck stuck) {
    super("deadlock: all goroutines of the bubble are blocked\n\n" + stuck.goroutines());
    this.goroutines = stuck.goroutines();
  }

  /**
   * The goroutines, each with its state, stack and creator.
   *
   * @return several lines for each
   */
  public String goroutines() {
    return goroutines;
  }
}
