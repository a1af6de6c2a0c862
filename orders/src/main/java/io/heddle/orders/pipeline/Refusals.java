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
 * What becomes of an order of which the CA has refused something, or does not know something any
 * more. The answer alone does not tell: another worker may have asked for the same a moment ago. So
 * the CA is asked for its order and the authorizations, and what it shows decides.
 *
 * @param retries when an order is tried again
 * @param polling when the CA is asked again
 */
record Refusals(CertificateAuthority ca, Retries retries, Polling polling) {
  /**
   * Judges a refusal.
   *
   * @param order the order, in the state in which its stage met the refusal
   * @param refusal what the CA said, of the kind {@code REFUSED} or {@code GONE}
   * @param now the time on the queue's clock
   * @throws CaException if the CA does not answer: then nothing is known
   */
  Step judge(Order order, CaException refusal, Instant now)
      throws CaException, InterruptedException {
    Problem problem = refusal.problem();
    boolean isGone = refusal.kind() == CaException.Kind.GONE;
    Order.Placement placement = order.placement();
    if (placement == null) { // it was the new order itself that was refused
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

  /** The CA has not come further than where it was asked: it means what it says. */
  private Step last(Order order, Problem problem, boolean isGone, Instant now) {
    return isGone ? retries.again(order, problem, now) : Step.to(order.dead(problem));
  }

  /** How far the CA's order is; invalid also if the CA shows it, or a part of it, no more. */
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
