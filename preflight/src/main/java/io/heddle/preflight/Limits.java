package io.heddle.preflight;

import java.time.Duration;

/**
 * How long checks may take. Waiting for a permit that another check holds does not count, because
 * neither the server nor the customer causes such a delay.
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
   * Checks that all times are positive.
   *
   * @throws IllegalArgumentException if a time is not positive
   */
  public Limits {
    if (!check.isPositive() || !authorization.isPositive() || !order.isPositive()) {
      throw new IllegalArgumentException("a time limit of checks is not positive");
    }
  }
}
