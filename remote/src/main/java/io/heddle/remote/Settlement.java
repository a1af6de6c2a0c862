package io.heddle.remote;

import java.time.Duration;

/** How a lease ends. */
sealed interface Settlement {
  /** The message is done. Its id is remembered for the window. */
  record Acknowledged() implements Settlement {}

  /** Another attempt follows. */
  record Retry(Duration delay, String reason) implements Settlement {}

  /** An action has succeeded: its result is stored in place of the lease. */
  record Completed(String result) implements Settlement {}

  /** There was no attempt, or a lock is released. Does not count as an attempt. */
  record Returned() implements Settlement {}

  /** No attempt can succeed. */
  record Dead(String reason) implements Settlement {}
}
