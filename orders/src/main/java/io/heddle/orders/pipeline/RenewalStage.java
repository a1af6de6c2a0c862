package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority.RenewalWindow;
import io.heddle.orders.files.Chain;
import io.heddle.orders.store.Interventions;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.RenewalPlan;
import io.heddle.orders.store.StoredOrder;
import io.heddle.orders.telemetry.RenewalEvents;
import io.heddle.queue.Delivery;
import io.heddle.queue.Handler;
import io.heddle.queue.Outcome;
import io.heddle.queue.QueueException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Renews certificates. The message of an issued order's {@linkplain RenewalPlan plan} is due when
 * the CA has to be asked for its renewal window again, or when the renewal has to begin. A renewal
 * is another order for the same names. The issued order and its certificate stay as they are, so
 * nothing is lost if the renewal takes long or fails. A renewal that dies is replayed once in a
 * while, until the issued order is forgotten.
 *
 * <p>The new order's id is computed from the plan, and the order is published together with the
 * hold on its names, unless it exists. So two workers with the same plan, one of which was
 * suspended, begin one renewal. If the customer has an open order for the names already, that order
 * is the renewal.
 */
final class RenewalStage implements Handler {
  private final Accounts accounts;
  private final OrderStore store;
  private final Renewals renewals;
  private final RenewalEvents events;

  RenewalStage(Accounts accounts, OrderStore store, Renewals renewals, RenewalEvents events) {
    this.accounts = accounts;
    this.store = store;
    this.renewals = renewals;
    this.events = events;
  }

  @Override
  public Outcome handle(Delivery delivery, Context context)
      throws IOException, QueueException, InterruptedException {
    RenewalPlan plan;
    try {
      plan = RenewalPlan.read(delivery.body());
    } catch (IllegalArgumentException e) {
      return new Outcome.Dead(String.valueOf(e.getMessage()).replace('\0', '?'));
    }
    StoredOrder stored = store.find(plan.order());
    if (stored != null && stored.isUnreadable()) { // a newer version wrote the order
      return later(plan, renewals.look());
    }
    Order order = stored == null ? null : stored.order();
    if (order == null || !plan.isFor(order)) {
      return Outcome.done(); // it has been forgotten
    }
    Chain chain = Chain.parse(Objects.requireNonNull(order.certificate()).chain());
    if (!Go.now().isBefore(chain.notAfter())) {
      events.expired(order); // and it is renewed nevertheless, since this clock may be wrong
    }
    String renewal = plan.renewal();
    StoredOrder begun = renewal == null ? null : store.find(renewal);
    return begun == null ? planned(order, chain, plan) : followed(order, begun, plan);
  }

  /** Looks after a renewal that has begun. */
  private Outcome followed(Order order, StoredOrder renewal, RenewalPlan plan)
      throws QueueException, InterruptedException {
    return switch (renewal.state()) {
      case ISSUED -> Outcome.done(); // from now on the new certificate has a plan
      case DEAD -> {
        if (Interventions.isEnded(renewal.order())) {
          yield Outcome.done();
        }
        if (store.replay(renewal.order().id()) > 0) {
          events.replayed(order, renewal.order());
        }
        yield later(plan, renewals.again());
      }
      default -> later(plan, renewals.again());
    };
  }

  private Outcome planned(Order order, Chain chain, RenewalPlan plan)
      throws QueueException, InterruptedException {
    RenewalWindow window = window(order, chain);
    Instant moment = renewals.moment(order.id(), chain, window);
    Duration until = Duration.between(Go.now(), moment);
    if (until.isPositive()) {
      return later(plan.at(moment), renewals.next(until, window));
    }
    Order next =
        Order.submitted(
                OrderStore.renewalId(plan),
                order.request().renewing(new Order.Replaced(order.id(), chain.renewalId())),
                Go.now())
            .at(order.ca());
    String open = store.renew(next);
    events.begun(order, open, chain.notAfter(), window);
    return later(plan.at(moment).begunAs(open), renewals.again());
  }

  /** The CA's window; null if the CA suggests none, or cannot be asked. */
  private @Nullable RenewalWindow window(Order order, Chain chain)
      throws QueueException, InterruptedException {
    String id = chain.renewalId();
    if (id == null) {
      return null;
    }
    try {
      Accounts.Account account = accounts.of(order);
      return account == null ? null : account.ca().renewalWindow(id);
    } catch (CaException e) { // the certificate is renewed nevertheless, when it is time
      events.failed(order, e);
      return null;
    } catch (IOException e) {
      events.failed(order, e);
      return null;
    }
  }

  private static Outcome later(RenewalPlan plan, Duration delay) {
    String reason =
        plan.renewal() == null
            ? "planned for " + Objects.requireNonNullElse(plan.planned(), "later")
            : "renewed by " + plan.renewal();
    return new Outcome.Defer(delay, reason, plan.json());
  }
}
