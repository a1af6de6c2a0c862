package io.heddle.queue;

/** The state of a message in its stage. */
public enum State {
  /** Waits for a worker, or until it is due. */
  WAITING(0),
  /** Leased by a worker, which may have died if the lease has not ended yet. */
  LEASED(1),
  /** Given up, and kept for inspection. */
  DEAD(2);

  /** Its representation in the database. */
  final int number;

  State(int number) {
    this.number = number;
  }

  static State of(int number) {
    for (State state : values()) {
      if (state.number == number) {
        return state;
      }
    }
    throw new IllegalStateException("no state of a message: " + number);
  }
}
