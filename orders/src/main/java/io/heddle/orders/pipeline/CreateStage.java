package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.queue.QueueException;
import io.heddle.orders.store.OrderStore;

/**
 * Places the order at the CA, which tells what it wants to be shown. When the worker dies between
 * that and the next stage, the CA has an order that nobody uses and that it forgets: no certificate
 * comes of it.
 */
final class CreateStage implements Stage {
  private final CertificateAuthority ca;
  private final OrderStore store;

  CreateStage(CertificateAuthority ca, OrderStore store) {
    this.ca = ca;
    this.store = store;
  }

  @Override
  public OrderState state() {
    return OrderState.SUBMITTED;
  }

  @Override
  public Step work(Order order, Context context)
      throws CaException, QueueException, InterruptedException {
    if (store.isElsewhere(order.id())) {
      return Step.drop();
    }
    return Step.to(order.with(ca.place(order.request().domains())).to(OrderState.CHECKING));
  }
}
