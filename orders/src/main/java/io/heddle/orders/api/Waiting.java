package io.heddle.orders.api;

import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.store.StoredOrder;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The party that has to act before an order continues. */
enum Waiting {
  /** The customer: a challenge has to be answered. */
  CUSTOMER,
  /** The CA, which is working on the order, is unreachable, or limits its clients. */
  CA,
  /** This service: the order's turn has not come, or the operator has to solve a problem. */
  SERVICE,
  /** Another order for one of the names. */
  ORDER;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns null for an order that has ended. */
  static @Nullable Waiting of(StoredOrder order) {
    OrderState state = order.state();
    if (state.isFinal() && !order.isUnreadable()) {
      return null;
    }
    Problem problem = order.order().problem();
    if (problem == null) {
      boolean isAtTheCa = state == OrderState.VALIDATING || state == OrderState.FINALIZING;
      return isAtTheCa ? CA : SERVICE;
    }
    String type = problem.type();
    if (!type.startsWith(Problem.OURS)) {
      return state == OrderState.CHECKING ? CUSTOMER : CA;
    }
    return switch (type.substring(Problem.OURS.length())) {
      case "names-in-use" -> ORDER;
      case "not-ready" -> CUSTOMER;
      case "ca-unreachable", "ca-fault", "stuck", "failed-validations", "not-isolated" -> CA;
      default -> SERVICE;
    };
  }
}
