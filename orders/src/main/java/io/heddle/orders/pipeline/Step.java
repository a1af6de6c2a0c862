package io.heddle.orders.pipeline;

import io.heddle.orders.Order;
import java.time.Duration;

/**
 * What a stage made of an order. All of it becomes true in one transaction, or none.
 *
 * @param order the order as it is from now on; in another state it goes to another stage, in the
 *     same it stays
 * @param delay the time until it is worked on again
 */
record Step(Order order, Duration delay) {
  /** Goes on, or comes to an end. */
  static Step to(Order order) {
    return new Step(order, Duration.ZERO);
  }

  /** Is worked on again later, in its state. */
  static Step later(Order order, Duration delay) {
    return new Step(order, delay);
  }
}
