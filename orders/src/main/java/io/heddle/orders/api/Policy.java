package io.heddle.orders.api;

import org.jspecify.annotations.Nullable;

/**
 * The orders that the API accepts.
 *
 * @param limits the limits of each customer
 * @param needsCsr whether each order must have a signing request, so that the service has no keys
 * @param isPublic whether names that no public CA certifies are refused
 * @param gate decides whether a customer may order a name; null if every name is permitted
 */
public record Policy(
    CustomerLimits limits, boolean needsCsr, boolean isPublic, @Nullable DomainGate gate) {
  /** A policy without restrictions. */
  public static Policy open() {
    return new Policy(CustomerLimits.none(), false, false, null);
  }
}
