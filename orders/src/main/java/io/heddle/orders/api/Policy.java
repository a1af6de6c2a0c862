package io.heddle.orders.api;

import org.jspecify.annotations.Nullable;

/**
 * What the API accepts from customers.
 *
 * @param limits what each customer may order, and how much of it
 * @param gate decides whether a customer may order a name; null if every name is allowed
 */
public record Policy(CustomerLimits limits, @Nullable DomainGate gate) {
  /** Accepts every order that a CA might accept. */
  public static Policy open() {
    return new Policy(CustomerLimits.none(), null);
  }
}
