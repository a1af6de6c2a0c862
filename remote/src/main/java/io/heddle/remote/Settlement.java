package io.heddle.remote;

import java.time.Duration;

/** How a lease ends. */
sealed interface Settlement {
  /** The message is done. Its id is remembered for the window. */
  record Acknowledged() implements Settlement {}

  /** Another attempt follows. */
  record Retry(Duration delay, String reason) implements Settlement {}

  /** There was no attempt, or a lock is released. Does not count as an attempt. */
  record Returned() implements Settlement {}

  /** No attempt can succeed. */
  record Dead(String reason) implements Settlement {}
}
