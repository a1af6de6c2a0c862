package io.heddle.orders.api;

import org.jspecify.annotations.Nullable;

/**
 * What the API accepts from customers.
 *
 * @param limits what each customer may order, and how much of it
 * @param needsCsr whether each order has to have a signing request, so that no private key is here
 * @param isPublic whether names that no CA of the public internet certifies are refused
 * @param gate whom to ask whether a customer may order a name; null to ask nobody
 */
public record Policy(CustomerLimits limits, boolean needsCsr, boolean isPublic, @Nullable DomainGate gate) {
  /** Accepts whatever a CA may accept. */
  public static Policy open() {
    return new Policy(CustomerLimits.none(), false, false, null);
  }
}
