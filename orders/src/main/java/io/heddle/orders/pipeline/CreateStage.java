package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.queue.Delivery;

/**
 * Places the order at the CA, which tells what it wants to be shown. When the worker dies between
 * that and the next stage, the CA has an order that nobody uses and that it forgets: no certificate
 * comes of it.
 */
final class CreateStage implements Stage {
  private final CertificateAuthority ca;

  CreateStage(CertificateAuthority ca) {
    this.ca = ca;
  }

  @Override
  public OrderState state() {
    return OrderState.SUBMITTED;
  }

  @Override
  public Step work(Order order, Delivery delivery, Context context)
      throws CaException, InterruptedException {
    CertificateAuthority.Placed placed = ca.place(order.request().domains());
    return Step.to(order.with(placed.at(delivery.now())).to(OrderState.CHECKING));
  }
}
