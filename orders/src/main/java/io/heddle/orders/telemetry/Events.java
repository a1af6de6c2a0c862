package io.heddle.orders.telemetry;

import io.heddle.orders.Authorization;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.store.OrderJson;
import io.heddle.queue.Delivery;
import io.heddle.queue.Observer;
import io.heddle.queue.Outcome;
import io.heddle.queue.QueueException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Notifies the log and the metrics of events. */
public final class Events implements Observer {
  private final OrderState stage;
  private final Log log;
  private final Metrics metrics;

  /** Makes the observer of a stage. */
  public Events(OrderState stage, Log log, Metrics metrics) {
    this.stage = stage;
    this.log = log;
    this.metrics = metrics;
  }

  /**
   * Reports an order's new state when it is stored, and not before: the work of a worker that was
   * suspended for longer than its lease is discarded, and its result never existed.
   */
  @Override
  public void settled(Delivery delivery, Outcome outcome, Duration took) {
    switch (outcome) {
      case Outcome.Done(var next) ->
          next.stream().findFirst().ifPresent(one -> worked(one.body(), one.delay(), took));
      case Outcome.Retry(var delay, _, String body) -> worked(body, delay, took);
      case Outcome.Defer(var delay, _, String body) -> worked(body, delay, took);
      case Outcome.Dead(_, String body, _) -> worked(body, Duration.ZERO, took);
    }
  }

  private void worked(@Nullable String body, Duration delay, Duration took) {
    if (body == null) { // the order has not changed
      return;
    }
    Order left = OrderJson.read(body);
    metrics.worked(stage, left.state(), left.attempts(), took);
    log.write(
        "order",
        "order",
        left.id(),
        "from",
        stage.label(),
        "to",
        left.state().label(),
        "attempts",
        left.attempts(),
        "due_in_ms",
        left.state().isFinal() ? null : delay.toMillis(),
        "took_ms",
        took.toMillis(),
        "problem",
        left.problem());
  }

  /**
   * Reports that the CA has not fulfilled a request, with all details for the operator.
   *
   * @param order the order concerned; null if it is not known
   */
  public void failed(@Nullable Order order, CaException failure) {
    metrics.failed(stage, "ca_" + failure.kind());
    log.write(
        "ca_failure",
        "order",
        order == null ? null : order.id(),
        "stage",
        stage.label(),
        "kind",
        failure.kind(),
        "problem",
        failure.problem());
  }

  /**
   * Reports a defect in the stage itself, with its location.
   *
   * @param order the order that the stage worked on
   */
  public void failed(Order order, Throwable failure) {
    StackTraceElement[] stack = failure.getStackTrace();
    metrics.failed(stage, "fault");
    log.write(
        "fault",
        "order",
        order.id(),
        "stage",
        stage.label(),
        "problem",
        failure,
        "at",
        stack.length == 0 ? null : stack[0]);
  }

  /** Reports a stored order that this version cannot read. */
  public void unreadable(String id, Outcome outcome, IllegalArgumentException failure) {
    metrics.failed(stage, "unreadable");
    log.write(
        "unreadable_order",
        "order",
        id,
        "stage",
        stage.label(),
        "due_in_ms",
        outcome instanceof Outcome.Defer later ? later.delay().toMillis() : null,
        "problem",
        failure.getMessage());
  }

  /**
   * Reports that the CA does not serve an account.
   *
   * @param refused the number of accounts that it does not serve
   */
  public void accountRefused(String account, Problem problem, Instant next, long refused) {
    metrics.account(stage, refused);
    log.write(
        "account_refused",
        "stage",
        stage.label(),
        "account",
        account,
        "problem",
        problem,
        "asked_again",
        next);
  }

  /**
   * Reports that the CA serves an account again.
   *
   * @param refused the number of other accounts that it does not serve
   */
  public void accountServed(String account, long refused) {
    metrics.account(stage, refused);
    log.write("account_served", "stage", stage.label(), "account", account);
  }

  /**
   * Reports that this process cannot check any domain.
   *
   * @param next the time of the next attempt
   */
  public void checksStopped(Problem problem, Instant next) {
    metrics.checks(false);
    metrics.failed(stage, "outage");
    log.write("checks_stopped", "problem", problem, "tried_again", next);
  }

  /** Reports that domains can be checked again. */
  public void checksResumed() {
    metrics.checks(true);
    log.write("checks_resumed");
  }

  /**
   * Reports that an order was moved to another CA.
   *
   * @param order the order, which names the new CA
   * @param from the name of the former CA
   */
  public void movedTo(Order order, String from) {
    metrics.failed(stage, "ca_fallback");
    log.write(
        "ca_fallback",
        "order",
        order.id(),
        "stage",
        stage.label(),
        "from",
        from,
        "to",
        order.ca(),
        "problem",
        order.problem());
  }

  /** Reports that another customer's authorization was deactivated at the CA. */
  public void deactivated(Order order, Authorization one) {
    metrics.deactivated();
    log.write(
        "authorization_deactivated",
        "order",
        order.id(),
        "domain",
        one.name(),
        "authorization",
        one.location());
  }

  @Override
  public void lost(Delivery delivery) {
    metrics.failed(stage, "lease_lost");
    log.write("lease_lost", "order", delivery.key(), "stage", stage.label());
  }

  @Override
  public void failed(String name, QueueException failure) {
    metrics.failed(stage, "queue");
    log.write("queue_failure", "stage", name, "problem", failure.getMessage());
  }
}
