package io.heddle.preflight;

import java.time.Duration;

/**
 * How long checks may take. What waits for a place that other checks have takes no time: it is
 * neither the server's fault nor the customer's that there are many.
 *
 * @param check the time for one challenge
 * @param authorization the time for all challenges of an authorization
 * @param order the time for all authorizations of an order
 */
public record Limits(Duration check, Duration authorization, Duration order) {
  /** The CA gives a challenge 20 seconds. */
  public static final Limits DEFAULT =
      new Limits(Duration.ofSeconds(20), Duration.ofSeconds(40), Duration.ofSeconds(60));

  /**
   * Checks that it can work.
   *
   * @throws IllegalArgumentException if a time is not positive
   */
  public Limits {
    if (!check.isPositive() || !authorization.isPositive() || !order.isPositive()) {
      throw new IllegalArgumentException("a time limit of checks is not positive");
    }
  }
}
