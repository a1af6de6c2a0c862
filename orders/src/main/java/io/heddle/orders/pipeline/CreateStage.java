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
 * Places the order at the CA, which answers with the proofs that it requires. If the worker dies
 * between that and the next stage, the CA has an unused order. The CA discards it, or returns it
 * when the order is placed again; no certificate is issued.
 *
 * <p>The CA's answer may contain another customer's authorizations, if that customer has the same
 * account: see {@link Ownership}. The names are taken first, so no other customer has an open order
 * that needs these authorizations. They are then disowned and deactivated, and the order is placed
 * again, until everything in the answer belongs to the order's customer. A CA's order that belongs
 * to another customer is never used.
 */
final class CreateStage implements Stage {
  /** The second answer contains nothing of others, unless another customer interferes. */
  private static final int ROUNDS = 3;

  private final Accounts.Account account;
  private final Ownership ownership;
  private final Retries retries;
  private final Events events;

  /**
   * Makes the stage.
   *
   * @param retries when to retry an order whose names are in another customer's open order
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
        // The lease may end before the requests are sent, and another customer may take the names.
        ownership.disown(delivery, foreign);
      }
      for (Authorization one : foreign) {
        deactivate(order, one);
      }
      CertificateAuthority.Placed placed = place(order);
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
            "The CA makes no new authorizations",
            "it answers with authorizations that are not this order's, although they were"
                + " deactivated"),
        delivery.now());
  }

  /**
   * Places the order. For a renewal the request names the replaced certificate. If the CA refuses
   * that, the order is placed without the name: another order may have replaced the certificate
   * already, or another account may have ordered it.
   */
  private CertificateAuthority.Placed place(Order order) throws CaException, InterruptedException {
    List<String> domains = order.request().domains();
    Order.Replaced replaced = order.request().replaces();
    String certificate = replaced == null ? null : replaced.certificate();
    try {
      return account.ca().place(domains, certificate);
    } catch (CaException e) {
      if (certificate == null
          || (e.kind() != CaException.Kind.REFUSED && e.kind() != CaException.Kind.GONE)) {
        throw e;
      }
      return account.ca().place(domains, null);
    }
  }

  private Step waits(Order order) {
    return retries.soon(
        order,
        Problem.of(
            "names-in-use",
            "The names are in use",
            "another order for one of these names is in progress; this one continues when that has"
                + " ended"));
  }

  private void deactivate(Order order, Authorization one) throws CaException, InterruptedException {
    try {
      account.ca().deactivate(one.location());
      events.deactivated(order, one);
    } catch (CaException e) {
      if (e.kind() != CaException.Kind.REFUSED && e.kind() != CaException.Kind.GONE) {
        throw e;
      }
      // It cannot be used any more, as the next answer will show.
    }
  }
}
