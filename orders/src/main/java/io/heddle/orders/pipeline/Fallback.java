package io.heddle.orders.pipeline;

import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides when an order moves to another CA, and to which: to the first CA of the configuration
 * that has not refused the order and that is not known to be unavailable. The order's message names
 * its CA, so only the worker with the order's lease can move it. What a process knows about the
 * availability of CAs is in its memory: it decides only how soon an order moves.
 */
final class Fallback {
  /** The reasons for which one CA does not issue a certificate, and another may. */
  private static final Set<String> OF_THIS_CA =
      Set.of(
          Problem.ACME + "caa",
          Problem.ACME + "rejectedIdentifier",
          Problem.ACME + "unsupportedIdentifier");

  private final Accounts accounts;
  private final Duration patience;
  private final Duration look;

  /** The CAs' rate limits. */
  private final Map<String, CaPause> pauses = new ConcurrentHashMap<>();

  private final Map<Subject, Outage> outages = new ConcurrentHashMap<>();

  /**
   * The requests that fail.
   *
   * @param account the name of the account, null for all accounts of the CA
   */
  private record Subject(String ca, OrderState stage, @Nullable String account) {}

  /**
   * The fact that they fail.
   *
   * @param next when an order may ask the CA again, to learn whether it is available
   */
  private record Outage(Instant since, Instant next) {}

  /**
   * Makes a policy.
   *
   * @param patience how long an order waits for a CA before it moves to another
   * @param look how often a CA that is unavailable is asked again
   */
  Fallback(Accounts accounts, Duration patience, Duration look) {
    this.accounts = accounts;
    this.patience = patience;
    this.look = look;
  }

  /** The rate limits of an order's CA. */
  CaPause pause(Order order) {
    return pauses.computeIfAbsent(order.ca(), _ -> new CaPause());
  }

  /** A request has failed, because the CA is not available or does not serve the account. */
  void failed(Order order, @Nullable String account, Instant now) {
    outages.merge(
        new Subject(order.ca(), order.state(), account),
        new Outage(now, now.plus(look)),
        (old, fresh) -> new Outage(old.since, fresh.next));
  }

  /**
   * The CA has fulfilled an order's request.
   *
   * @param began when the request began: one that began before a failure proves nothing
   */
  void served(Order order, String account, Instant began) {
    outages.keySet().stream()
        .filter(one -> one.ca.equals(order.ca()) && one.stage == order.state())
        .filter(one -> one.account == null || one.account.equals(account))
        .forEach(one ->
            outages.computeIfPresent(
                one, (_, outage) -> began.isBefore(outage.since) ? outage : null));
  }

  /**
   * How long an order still waits for its CA after a failure, before it moves.
   *
   * @param account the account that the CA does not serve, null if it serves none
   * @return the time, zero if it moves now; null if there is no other CA for it
   */
  @Nullable Duration patienceLeft(Order order, @Nullable String account, Instant now) {
    if (next(order, now) == null) {
      return null;
    }
    Outage outage = outages.get(new Subject(order.ca(), order.state(), account));
    Duration left = outage == null ? patience : Duration.between(now, outage.since.plus(patience));
    return left.isNegative() ? Duration.ZERO : left;
  }

  /** Whether a CA wants an order to wait for longer than it should. */
  boolean isTooLong(Duration wait) {
    return wait.compareTo(patience) > 0;
  }

  /**
   * Moves an order whose CA is known to be unavailable, or to accept no request about it for a long
   * time.
   *
   * @return the order for another CA; null if it stays
   */
  @Nullable Order instead(Order order, Instant now) {
    return canMove(order) && next(order, now) != null && !isAvailable(order, now, true)
        ? elsewhere(order, Duration.ZERO, unavailable(), now)
        : null;
  }

  /**
   * Moves an order to another CA.
   *
   * @param wait how long its CA does not serve it; null if its CA will not issue the certificate,
   *     whenever it is asked
   * @return the order for another CA; null if there is no other CA for it
   */
  @Nullable Order elsewhere(Order order, @Nullable Duration wait, Problem reason, Instant now) {
    String next = next(order, now);
    return next == null
        ? null
        : order.elsewhere(next, wait == null ? null : now.plus(longer(wait, patience)), reason);
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? other : one;
  }

  /** A wait for the order's CA that ends when the order may return to another. */
  Duration shortened(Duration wait, Order order, Instant now) {
    if (!canMove(order)) {
      return wait;
    }
    Duration shortest = wait;
    for (Order.LeftCa one : order.left()) {
      if (one.until() != null && !one.ca().equals(order.ca()) && now.isBefore(one.until())) {
        Duration until = Duration.between(now, one.until());
        shortest = until.compareTo(shortest) < 0 ? until : shortest;
      }
    }
    return shortest;
  }

  /** Whether one CA refuses for this reason, and another may not. */
  static boolean isOfThisCa(Problem problem) {
    return OF_THIS_CA.contains(problem.type());
  }

  /**
   * Whether an order may be moved because its CA does not answer. In the last stage the CA may have
   * issued the certificate.
   */
  private static boolean canMove(Order order) {
    return order.state() == OrderState.SUBMITTED || order.state() == OrderState.VALIDATING;
  }

  private @Nullable String next(Order order, Instant now) {
    for (String ca : accounts.cas()) {
      if (!ca.equals(order.ca())
          && !order.hasLeft(ca, now)
          && isAvailable(Order.submitted(order.id(), order.request(), now).at(ca), now, false)) {
        return ca;
      }
    }
    return null;
  }

  /**
   * Whether the order's CA is available to it, as far as this process knows.
   *
   * @param asks whether the caller asks the CA if it has not been asked for a while
   */
  private boolean isAvailable(Order order, Instant now, boolean asks) {
    String account = accounts.name(order);
    Instant paused = pause(order).until(order, account, now);
    if (paused != null && isTooLong(Duration.between(now, paused))) {
      return false;
    }
    return !isDown(new Subject(order.ca(), order.state(), null), now, asks)
        && !isDown(new Subject(order.ca(), order.state(), account), now, asks);
  }

  private boolean isDown(Subject subject, Instant now, boolean asks) {
    Outage outage = outages.get(subject);
    if (outage == null || now.isBefore(outage.since.plus(patience))) {
      return false;
    }
    if (now.isBefore(outage.next)) {
      return true;
    }
    // The time for another request: one order makes it.
    return asks && !outages.replace(subject, outage, new Outage(outage.since, now.plus(look)));
  }

  private static Problem unavailable() {
    return Problem.of(
        "other-ca",
        "The order moves to another CA",
        "the CA does not serve it at present; there is nothing wrong with the order");
  }
}
