package io.heddle.orders.pipeline;

import io.heddle.orders.Authorization;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.ca.CertificateAuthority.OrderView;
import io.heddle.orders.ca.CertificateAuthority.Progress;
import java.net.URI;
import java.time.Instant;

/**
 * Decides about an order after the CA has refused a request, or does not know an object any more.
 * The answer alone does not suffice, because another worker may have made the same request a moment
 * ago. Therefore the CA is asked for its order and the authorizations, and their state decides.
 *
 * @param retries when to retry an order
 * @param polling when to ask the CA again
 */
record Refusals(CertificateAuthority ca, Retries retries, Polling polling) {
  /**
   * Judges a refusal.
   *
   * @param order the order, in the state in which its stage met the refusal
   * @param refusal the CA's answer, of the kind {@code REFUSED} or {@code GONE}
   * @param now the time on the queue's clock
   * @throws CaException if the CA does not answer, so that nothing is known
   */
  Step judge(Order order, CaException refusal, Instant now)
      throws CaException, InterruptedException {
    Problem problem = refusal.problem();
    boolean isGone = refusal.kind() == CaException.Kind.GONE;
    Order.Placement placement = order.placement();
    if (placement == null) { // the CA refused the new order itself
      return isGone ? retries.retry(order, problem, now) : Step.to(order.dead(problem));
    }
    return switch (shown(placement)) {
      case INVALID -> retries.again(order, problem, now);
      case PROCESSING, VALID -> polling.later(order, null, retries, now);
      case READY ->
          order.state() == OrderState.VALIDATING
              ? polling.later(order, null, retries, now)
              : last(order, problem, isGone, now);
      case PENDING -> last(order, problem, isGone, now);
    };
  }

  /** The state at the CA has not advanced, so the refusal is final. */
  private Step last(Order order, Problem problem, boolean isGone, Instant now) {
    return isGone ? retries.again(order, problem, now) : Step.to(order.dead(problem));
  }

  /** The state of the CA's order; invalid also if the CA does not know a part of it any more. */
  private Progress shown(Order.Placement placement) throws CaException, InterruptedException {
    try {
      OrderView view = ca.order(placement.location());
      if (view.status() == Progress.PENDING) {
        for (Authorization one : placement.authorizations()) {
          if (status(one.location()) == Authorization.Status.INVALID) {
            return Progress.INVALID;
          }
        }
      }
      return view.status();
    } catch (CaException e) {
      return switch (e.kind()) {
        case REFUSED, GONE -> Progress.INVALID;
        case TRANSIENT, RATE_LIMITED, ACCOUNT -> throw e;
      };
    }
  }

  private Authorization.Status status(URI authorization) throws CaException, InterruptedException {
    return ca.authorization(authorization).status();
  }
}
