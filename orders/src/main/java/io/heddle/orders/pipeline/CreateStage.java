package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.orders.Authorization;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.store.Ownership;
import io.heddle.orders.telemetry.Events;
import io.heddle.queue.Delivery;
import io.heddle.queue.QueueException;
import java.util.List;

/**
 * Places the order at the CA, which tells what it wants to be shown. When the worker dies between
 * that and the next stage, the CA has an order that nobody uses and that it forgets, or gives back
 * when the order is placed again: no certificate comes of it.
 *
 * <p>What the CA answers may be another customer's, if that has the same account: see {@link
 * Ownership}. The names are taken first, so that nobody has an open order which needs what is
 * another's. That is disowned and deactivated then, and the order placed again, until all is its
 * customer's. An order that the CA answers with somebody else's is never gone on with.
 */
final class CreateStage implements Stage {
  /** The first answer shows what is another's; the second has none of it, unless somebody else. */
  private static final int ROUNDS = 3;

  private final Accounts.Account account;
  private final Ownership ownership;
  private final Retries retries;
  private final Events events;

  /**
   * Makes the stage.
   *
   * @param retries when an order asks again for names that another customer has an open order for
   */
  CreateStage(Accounts.Account account, Ownership ownership, Retries retries, Events events) {
    this.account = account;
    this.ownership = ownership;
    this.retries = retries;
    this.events = events;
  }

  @Override
  public OrderState state() {
    return OrderState.SUBMITTED;
  }

  @Override
  public Step work(Order order, Delivery delivery, Context context)
      throws CaException, QueueException, InterruptedException {
    List<Authorization> foreign = List.of();
    for (int round = 0; round < ROUNDS; round++) {
      if (!ownership.takeNames(order, account.id())) {
        return waits(order);
      }
      if (!foreign.isEmpty()) {
        // The lease may end before the requests are sent, and another customer take the names.
        ownership.disown(delivery, foreign);
      }
      for (Authorization one : foreign) {
        deactivate(order, one);
      }
      CertificateAuthority.Placed placed = account.ca().place(order.request().domains());
      Ownership.Bound bound =
          ownership.bind(order, placed.location(), placed.authorizations(), placed.untouched());
      if (bound.isOurs()) {
        return Step.to(
            order.with(placed.at(delivery.now()).by(account.id())).to(OrderState.CHECKING));
      }
      if (bound.isInUse()) {
        return waits(order);
      }
      foreign = bound.foreign();
    }
    return retries.retry(
        order,
        Problem.of(
            "not-isolated",
            "The CA does not start anew",
            "it answers with authorizations that are not this order's, although they were"
                + " deactivated"),
        delivery.now());
  }

  private Step waits(Order order) {
    return retries.soon(
        order,
        Problem.of(
            "names-in-use",
            "The names are in use",
            "another order for one of these names is under way; this one goes on when that has"
                + " come to its end"));
  }

  private void deactivate(Order order, Authorization one) throws CaException, InterruptedException {
    try {
      account.ca().deactivate(one.location());
      events.deactivated(order, one);
    } catch (CaException e) {
      if (e.kind() != CaException.Kind.REFUSED && e.kind() != CaException.Kind.GONE) {
        throw e;
      }
      // It is of no use already, which the next answer shows.
    }
  }
}
