package io.heddle.orders.pipeline;

import io.heddle.orders.Order;
import java.time.Duration;

/**
 * The result of a stage for an order. It is stored in one transaction.
 *
 * @param order the order's new version; if its state has changed, it moves to another stage
 * @param delay the time until it is due again
 */
record Step(Order order, Duration delay) {
  /** Moves to another state. */
  static Step to(Order order) {
    return new Step(order, Duration.ZERO);
  }

  /** Stays in its state until later. */
  static Step later(Order order, Duration delay) {
    return new Step(order, delay);
  }
}
