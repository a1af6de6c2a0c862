package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.notify.Notifications;
import io.heddle.orders.store.OrderJson;
import io.heddle.orders.store.OrderTerms;
import io.heddle.orders.store.Ownership;
import io.heddle.orders.store.RenewalPlan;
import io.heddle.orders.telemetry.Events;
import io.heddle.queue.Backoff;
import io.heddle.queue.Delivery;
import io.heddle.queue.Handler;
import io.heddle.queue.Message;
import io.heddle.queue.Outcome;
import io.heddle.queue.QueueException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Connects the queue, which handles messages, with a stage, which handles orders. It contains the
 * parts that all stages have in common: replays, the interpretation of the CA's refusals, and the
 * handling of failures. The number of attempts is part of the order: the queue counts deliveries.
 */
final class StageHandler implements Handler {
  private static final Duration LEAST_WAIT = Duration.ofSeconds(10);

  /** The subject of the hold while no domain can be checked. */
  private static final AccountHold.Subject CHECKS =
      new AccountHold.Subject(OrderState.CHECKING, "");

  private static final String REMEDY =
      ": look at --resolver, and whether this machine reaches its name servers; orders are not"
          + " given up meanwhile";

  /** The longest delay before retrying an order that only workers of a newer version can read. */
  private static final Duration LONGEST_LOOK = Duration.ofSeconds(30);

  /** Makes the stage for the orders of an account. */
  interface Stages {
    Stage of(Accounts.Account account);
  }

  private final OrderState state;
  private final Stages stages;
  private final Accounts accounts;
  private final Ownership ownership;
  private final Retries retries;
  private final Polling polling;
  private final Fallback fallback;
  private final AccountHold hold;
  private final Duration retention;
  private final Renewals renewals;
  private final Notifications notifications;
  private final Events events;

  StageHandler(
      OrderState state,
      Stages stages,
      Accounts accounts,
      Ownership ownership,
      Retries retries,
      Polling polling,
      Fallback fallback,
      AccountHold hold,
      Duration retention,
      Renewals renewals,
      Notifications notifications,
      Events events) {
    this.state = state;
    this.stages = stages;
    this.accounts = accounts;
    this.ownership = ownership;
    this.retries = retries;
    this.polling = polling;
    this.fallback = fallback;
    this.hold = hold;
    this.retention = retention;
    this.renewals = renewals;
    this.notifications = notifications;
    this.events = events;
  }

  @Override
  public Outcome handle(Delivery delivery, Context context)
      throws IOException, QueueException, InterruptedException {
    Order stored;
    try {
      stored = OrderJson.read(delivery.body());
    } catch (IllegalArgumentException e) {
      Outcome outcome =
          e instanceof OrderJson.NewerException
              ? new Outcome.Defer(untilAnotherLooks(), text(e.getMessage()))
              : new Outcome.Dead(text(e.getMessage()));
      events.unreadable(delivery.key(), outcome, e);
      return outcome;
    }
    Instant now = delivery.now();
    Order order = alive(stored, now);
    if (!accounts.cas().contains(order.ca())) {
      return withoutCa(stored, order, now);
    }
    AccountHold.Subject subject = new AccountHold.Subject(state, accounts.name(order));
    if (order.state() == state && stored.state() == state && asksTheCa()) {
      Order other = fallback.instead(order, now);
      if (other != null) {
        events.movedTo(other, order.ca());
        return outcome(order, Step.to(other));
      }
    }
    Outcome.Defer notYet = order.state() == state ? held(stored, order, subject, now) : null;
    if (notYet != null) {
      return notYet;
    }
    Accounts.Account account;
    try {
      account = accounts.of(order);
    } catch (CaException e) {
      Step step = after(order, subject, e, delivery.now());
      return stored.state() == OrderState.DEAD // a replay must check the ownership
          ? new Outcome.Defer(step.delay(), reason(step.order()))
          : outcome(order, step);
    }
    Step step = redirected(stored, order, account);
    if (step == null) {
      step = worked(order, subject, Objects.requireNonNull(account), delivery, context);
    }
    return outcome(order, step);
  }

  /**
   * The result for an order whose CA this worker does not have: another worker has it, or the CA
   * was removed from the configuration.
   */
  private Outcome withoutCa(Order stored, Order order, Instant now)
      throws QueueException, InterruptedException {
    if (accounts.isCaOfQueue(order.ca())) {
      return new Outcome.Defer(
          untilAnotherLooks(), "this worker's configuration has no CA named " + order.ca());
    }
    Step dead = replayed(stored, order);
    if (dead != null) {
      return outcome(order, dead);
    }
    Order other =
        order.elsewhere(
            accounts.cas().getFirst(),
            now,
            Problem.of(
                "ca-removed",
                "The order is placed again",
                "its CA is not used any more; it continues with another"));
    events.movedTo(other, order.ca());
    return outcome(order, Step.to(other));
  }

  /** A random time: if few workers can read an order, each delivery may go to one of them. */
  private static Duration untilAnotherLooks() {
    long longest = LONGEST_LOOK.toMillis();
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
  }

  /** The stage's result for an order that it may work on. */
  private Step worked(
      Order order,
      AccountHold.Subject subject,
      Accounts.Account account,
      Delivery delivery,
      Context context)
      throws IOException, QueueException, InterruptedException {
    Instant began = delivery.now();
    try {
      Step step = stages.of(account).work(order, delivery, context);
      served(order, subject, began);
      return allowed(order, step, delivery.now());
    } catch (OutageException e) {
      Problem problem =
          Problem.of("cannot-check", "Domains cannot be checked", e.getMessage() + REMEDY);
      Instant next = hold.refused(CHECKS, problem, null, delivery.now());
      events.checksStopped(problem, next);
      return Step.later(order.held(CheckStage.outage()), Duration.between(delivery.now(), next));
    } catch (CaException e) {
      return switch (e.kind()) {
        case GONE, REFUSED -> judged(order, subject, account, e, delivery);
        case TRANSIENT, RATE_LIMITED, ACCOUNT -> after(order, subject, e, delivery.now());
      };
    } catch (IOException | RuntimeException | Error e) {
      if (context.isDone()) {
        throw e; // the work is useless, and will be repeated
      }
      events.failed(order, e);
      return retries.retry(order, fault(e), delivery.now());
    }
  }

  /**
   * The step, or a step to another CA if this one refuses the certificate for a reason of its own.
   * If every CA refuses, an order that is being checked returns to the first CA, whose refusal is
   * the one to be solved. It has left none then: what it is refused again may be allowed to
   * another.
   */
  private Step allowed(Order order, Step step, Instant now) {
    Order left = step.order();
    Problem problem = left.problem();
    if (problem == null || !Fallback.isOfThisCa(problem) || !isRefused(left)) {
      return step;
    }
    Order other = fallback.elsewhere(order, null, problem, now);
    if (other != null) {
      events.movedTo(other, order.ca());
      return Step.to(other);
    }
    String first = accounts.cas().getFirst();
    if (left.state() != OrderState.CHECKING || order.ca().equals(first)) {
      return step;
    }
    Order back = left.again(problem).at(first);
    events.movedTo(back, order.ca());
    return Step.later(back, step.delay());
  }

  /**
   * Whether the CA's refusal ends the order there. In the last stage only an order that is invalid
   * at the CA leaves it: in any other state the CA may still issue the certificate.
   */
  private boolean isRefused(Order left) {
    return switch (left.state()) {
      case CHECKING -> true;
      case SUBMITTED -> state != OrderState.SUBMITTED;
      case DEAD -> state != OrderState.FINALIZING;
      case VALIDATING, FINALIZING, ISSUED -> false;
    };
  }

  private void served(Order order, AccountHold.Subject subject, Instant began) {
    if (asksTheCa()) {
      fallback.served(order, subject.account(), began);
      if (hold.served(subject, began)) {
        events.accountServed(subject.account(), hold.count(state));
      }
    } else if (hold.served(CHECKS, began)) {
      events.checksResumed();
    }
  }

  /**
   * The step for an order that this stage must not work on, null if it may. A dead order may be
   * revived in another stage, or not at all. Its data at the CA may belong to another order by now,
   * or to an account that is not used any more.
   *
   * @param account the account for the order's data at the CA; null if absent
   */
  private @Nullable Step redirected(Order stored, Order order, Accounts.@Nullable Account account)
      throws QueueException, InterruptedException {
    Step dead = replayed(stored, order);
    if (dead != null) {
      return dead;
    }
    Order.Placement placement = order.placement();
    if (placement != null) {
      boolean isUnsure = stored.state() == OrderState.DEAD || placement.account() == null;
      if (account == null || (isUnsure && !ownership.isOurs(order, account.id()))) {
        return Step.to(order.again(notOurs()));
      }
    }
    return order.state() == state ? null : Step.to(order);
  }

  /** The step for a replayed order whose names are those of another open order; else null. */
  private @Nullable Step replayed(Order stored, Order order)
      throws QueueException, InterruptedException {
    if (stored.state() != OrderState.DEAD) {
      return null;
    }
    String open = ownership.reopen(order);
    return open == null ? null : Step.to(order.dead(replaced(open)));
  }

  private static Problem replaced(String open) {
    return Problem.of(
        "replaced", "Another order is open", "order " + open + " is open for the same names");
  }

  private static Problem notOurs() {
    return Problem.of(
        "not-ours",
        "The order is placed again",
        "its order at the CA belongs to another account, or was given to another order");
  }

  /** The order to continue with: a dead one was replayed, and no worker has seen it since. */
  private static Order alive(Order stored, Instant now) {
    return stored.state() == OrderState.DEAD ? stored.replayed(now) : stored;
  }

  @Override
  public Outcome.Dead givenUp(Delivery delivery, String reason) {
    Order order = alive(OrderJson.read(delivery.body()), delivery.now());
    Order dead = order.dead(Problem.of("fault", "A fault of the service", reason));
    return new Outcome.Dead(reason(dead), OrderJson.write(dead), notifications.of(state, dead));
  }

  private boolean asksTheCa() {
    return state != OrderState.CHECKING;
  }

  /** A deferral if the order must not be processed now, null if it may be. */
  private Outcome.@Nullable Defer held(
      Order stored, Order order, AccountHold.Subject subject, Instant now) {
    if (!asksTheCa()) {
      Instant held = hold.until(CHECKS, now);
      return held == null
          ? null
          : new Outcome.Defer(
              Duration.between(now, held), "domains cannot be checked", told(stored));
    }
    Instant paused = fallback.pause(order).until(order, subject.account(), now);
    if (paused != null) {
      Duration wait = fallback.shortened(Duration.between(now, paused), order, now);
      return new Outcome.Defer(wait, "the CA asked for a pause");
    }
    Instant held = hold.until(subject, now);
    if (held == null && state == OrderState.SUBMITTED) {
      // An order that could not be finished is not placed.
      held = hold.recently(new AccountHold.Subject(OrderState.FINALIZING, subject.account()), now);
    }
    return held == null
        ? null
        : new Outcome.Defer(
            least(Duration.between(now, held)), "the CA does not serve the account");
  }

  /** The order with the reason for the wait; null if it has it already, or is to be replayed. */
  private @Nullable String told(Order stored) {
    Problem known = stored.problem();
    Problem outage = CheckStage.outage();
    return stored.state() != state || (known != null && known.type().equals(outage.type()))
        ? null
        : OrderJson.write(stored.held(outage));
  }

  /** The step for an order after the CA has refused a request. */
  private Step judged(
      Order order,
      AccountHold.Subject subject,
      Accounts.Account account,
      CaException refusal,
      Delivery delivery)
      throws InterruptedException {
    events.failed(order, refusal);
    try {
      Step step =
          new Refusals(account.ca(), retries, polling).judge(order, refusal, delivery.now());
      return allowed(order, step, delivery.now());
    } catch (CaException e) { // of another kind: the CA does not show the order's state
      return after(order, subject, e, delivery.now());
    }
  }

  /** The step for an order after the CA has neither fulfilled nor refused a request. */
  private Step after(Order order, AccountHold.Subject subject, CaException failure, Instant now) {
    events.failed(order, failure);
    Problem problem = failure.problem();
    return switch (failure.kind()) {
      // Not the order's fault, so it does not count.
      case TRANSIENT -> {
        int before = order.problem() == null ? 0 : order.waits();
        fallback.failed(order, null, now);
        Order waiting = order.waited(faultOfTheCa(problem));
        yield patiently(order, Step.later(waiting, wait(before + 1)), null, now);
      }
      case RATE_LIMITED -> {
        Duration wish = failure.retryAfter();
        Duration wait = wish == null ? wait(retries.backoff().steps() - 1) : least(wish);
        fallback
            .pause(order)
            .extend(Reach.of(problem, order), state, subject.account(), now.plus(wait), now);
        yield fallback.isTooLong(wait)
            ? moved(order, Step.later(order.held(problem), wait), now)
            : Step.later(order.held(problem), wait);
      }
      case ACCOUNT -> {
        Instant next = hold.refused(subject, problem, failure.retryAfter(), now);
        events.accountRefused(subject.account(), problem, next, hold.count(state));
        Problem shown =
            Problem.of(
                "account",
                "The CA does not serve this service at present",
                "there is nothing wrong with the order: it continues when that is solved");
        Step step = Step.later(order.held(shown), Duration.between(now, next));
        fallback.failed(order, subject.account(), now);
        yield fallback.isTooLong(step.delay())
            ? moved(order, step, now)
            : patiently(order, step, subject.account(), now);
      }
      case GONE, REFUSED ->
          throw new IllegalStateException("a refusal that was not handled", failure);
    };
  }

  /**
   * A step that waits for the CA, but no longer than until the order moves to another.
   *
   * @param account the account that the CA does not serve, null if it serves none
   */
  private Step patiently(Order order, Step waiting, @Nullable String account, Instant now) {
    Duration left =
        state == OrderState.FINALIZING ? null : fallback.patienceLeft(order, account, now);
    if (left == null) {
      return waiting;
    }
    if (left.isZero()) {
      return moved(order, waiting, now);
    }
    return left.compareTo(waiting.delay()) < 0 ? Step.later(waiting.order(), left) : waiting;
  }

  /** A step to another CA; the given step if there is no other CA, or its CA may have issued. */
  private Step moved(Order order, Step waiting, Instant now) {
    Problem reason = waiting.order().problem();
    Order other =
        state == OrderState.FINALIZING || reason == null
            ? null
            : fallback.elsewhere(order, waiting.delay(), reason, now);
    if (other == null) {
      return Step.later(waiting.order(), fallback.shortened(waiting.delay(), order, now));
    }
    events.movedTo(other, order.ca());
    return Step.to(other);
  }

  /** The log contains the details: the CA's address and its internal error are for the operator. */
  private static Problem faultOfTheCa(Problem problem) {
    return new Problem(
        problem.type(),
        problem.title(),
        problem.status(),
        problem.title()
            + ": there is nothing wrong with the order, and the CA is asked again automatically");
  }

  private static Problem fault(Throwable failure) {
    // The log contains the details, which are not for the customer.
    return Problem.of("fault", "A fault of the service", failure.getClass().getSimpleName());
  }

  /** A time in the past, or almost, would cause an immediate request. */
  private static Duration least(Duration wait) {
    return wait.compareTo(LEAST_WAIT) < 0 ? LEAST_WAIT : wait;
  }

  /** One of the back-off's exponential waits. */
  private Duration wait(int attempt) {
    Backoff backoff = retries.backoff();
    int last = Math.max(1, Math.min(backoff.steps(), backoff.limit()) - 1);
    Duration wait = backoff.next(Math.clamp(attempt, 1, last), null);
    return wait == null ? backoff.cap() : wait;
  }

  private Outcome outcome(Order before, Step step) {
    Order left = step.order();
    String body = OrderJson.write(left);
    if (left.state() == OrderState.DEAD) {
      return new Outcome.Dead(reason(left), body, notifications.of(state, left));
    }
    if (left.state() == state) {
      return left.attempts() > before.attempts()
          ? new Outcome.Retry(step.delay(), reason(left), body)
          : new Outcome.Defer(step.delay(), reason(left), body);
    }
    String customer = left.request().customer();
    List<Message> next = new ArrayList<>();
    if (left.state() == OrderState.ISSUED) {
      next.add(
          new Message(left.state().label(), left.id(), body, remembered(left), customer)
              .foundBy(OrderTerms.of(left)));
      if (renewals.areOn() && !left.request().isOnce()) {
        next.add(RenewalPlan.of(left).in(Duration.ZERO, customer));
      }
    } else {
      next.add(new Message(left.state().label(), left.id(), body, step.delay(), customer));
    }
    next.addAll(notifications.of(state, left));
    return new Outcome.Done(next);
  }

  /** How long an issued order is kept: at least as long as its certificate is valid. */
  private Duration remembered(Order issued) {
    Order.Certificate certificate = Objects.requireNonNull(issued.certificate());
    Duration valid = Duration.between(Go.now(), certificate.notAfter());
    return valid.compareTo(retention) > 0 ? valid : retention;
  }

  private static String reason(Order order) {
    @Nullable Problem problem = order.problem();
    return text(Objects.toString(problem, "not done yet"));
  }

  /** A text that the queue can store. */
  private static String text(@Nullable String reason) {
    return String.valueOf(reason).replace('\0', '?');
  }
}
