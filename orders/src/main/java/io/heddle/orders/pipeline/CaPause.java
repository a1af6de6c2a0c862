package io.heddle.orders.pipeline;

import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The CA's rate limits: the limit that one order met applies to all orders of the process that it
 * {@linkplain Reach reaches}. A limit for one kind of request says nothing about other kinds, so it
 * is recorded for the stage: a customer who may place no more orders can still finish those that
 * are placed. A limit of an account delays no other account.
 */
final class CaPause {
  private final ConcurrentHashMap<Subject, Instant> ends = new ConcurrentHashMap<>();

  /**
   * The orders that a limit delays.
   *
   * @param stage orders of this stage, null for all
   * @param domain orders with a name in this domain, null for all
   * @param account orders of this account, null for all
   */
  private record Subject(
      @Nullable OrderState stage, @Nullable String domain, @Nullable String account) {}

  /** Delays all requests that a limit reaches until a time. */
  void extend(Reach reach, OrderState stage, String account, Instant until, Instant now) {
    ends.values().removeIf(end -> !end.isAfter(now));
    switch (reach) {
      case Reach.Alone() -> {} // the order's due time suffices
      case Reach.Domains(var names) ->
          names.forEach(name -> extend(new Subject(stage, name, null), until));
      case Reach.Account() -> extend(new Subject(stage, null, account), until);
      case Reach.Everything() -> extend(new Subject(null, null, null), until);
    }
  }

  private void extend(Subject subject, Instant until) {
    ends.merge(subject, until, (one, other) -> one.isAfter(other) ? one : other);
  }

  /** When the CA may be asked about an order, null if it may be asked now. */
  @Nullable Instant until(Order order, String account, Instant now) {
    return ends.entrySet().stream()
        .filter(entry -> entry.getValue().isAfter(now))
        .filter(entry -> concerns(entry.getKey(), order, account))
        .map(entry -> entry.getValue())
        .max(Instant::compareTo)
        .orElse(null);
  }

  private static boolean concerns(Subject subject, Order order, String account) {
    String domain = subject.domain;
    return (subject.stage == null || subject.stage == order.state())
        && (subject.account == null || subject.account.equals(account))
        && (domain == null
            || order.request().domains().stream().anyMatch(name -> Reach.isIn(name, domain)));
  }
}
