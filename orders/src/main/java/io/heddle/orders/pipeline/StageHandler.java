package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.queue.Backoff;
import io.heddle.orders.queue.Delivery;
import io.heddle.orders.queue.Handler;
import io.heddle.orders.queue.Message;
import io.heddle.orders.queue.Outcome;
import io.heddle.orders.queue.QueueException;
import io.heddle.orders.store.OrderJson;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Between the queue, which knows messages, and a stage, which knows orders. What is common to all
 * stages is here: replays, what the CA's refusals mean, and what becomes of an order that makes a
 * stage fail. The order alone says how many attempts it has had: what the queue counts are
 * deliveries.
 */
final class StageHandler implements Handler {
  private static final Duration LEAST_WAIT = Duration.ofSeconds(10);

  private final Stage stage;
  private final Retries retries;
  private final Refusals refusals;
  private final CaPause pause;
  private final AccountHold account;
  private final Duration retention;
  private final Events events;

  StageHandler(
      Stage stage,
      Retries retries,
      Refusals refusals,
      CaPause pause,
      AccountHold account,
      Duration retention,
      Events events) {
    this.stage = stage;
    this.retries = retries;
    this.refusals = refusals;
    this.pause = pause;
    this.account = account;
    this.retention = retention;
    this.events = events;
  }

  @Override
  public Outcome handle(Delivery delivery, Context context)
      throws IOException, QueueException, InterruptedException {
    Order stored;
    try {
      stored = OrderJson.read(delivery.body());
    } catch (IllegalArgumentException e) { // by this version; others may know more
      Outcome outcome = Unreadable.outcome(delivery, text(e.getMessage()));
      events.unreadable(delivery.key(), outcome, e);
      return outcome;
    }
    Instant now = delivery.now();
    Order order = alive(stored, now);
    if (order.state() != stage.state()) {
      return outcome(order, Step.to(order));
    }
    Outcome.Defer notYet = asksTheCa() ? held(order, now) : null;
    if (notYet != null) {
      return notYet;
    }
    Step step;
    try {
      step = stage.work(order, delivery, context);
      if (asksTheCa() && account.served(stage.state(), now)) {
        events.accountServed();
      }
    } catch (CaException e) {
      step = after(order, e, delivery);
    } catch (IOException | RuntimeException | Error e) {
      if (context.isDone()) {
        throw e; // the work was in vain, and is done again
      }
      events.failed(order, e);
      step = retries.retry(order, fault(e), delivery.now());
    }
    return outcome(order, step);
  }

  /** The order as it goes on: a dead one was replayed, and nobody has looked at it since. */
  private static Order alive(Order stored, Instant now) {
    return stored.state() == OrderState.DEAD ? stored.replayed(now) : stored;
  }

  @Override
  public Outcome.Dead givenUp(Delivery delivery, String reason) {
    Order order = alive(OrderJson.read(delivery.body()), delivery.now());
    Order dead = order.dead(Problem.of("fault", "A fault of the service", reason));
    return new Outcome.Dead(reason(dead), OrderJson.write(dead));
  }

  private boolean asksTheCa() {
    return stage.state() != OrderState.CHECKING;
  }

  /** That the CA is not to be asked about the order now, null if it may. */
  private Outcome.@Nullable Defer held(Order order, Instant now) {
    Instant paused = pause.until(order, now);
    if (paused != null) {
      return new Outcome.Defer(Duration.between(now, paused), "the CA wants to be left alone");
    }
    Instant held = account.until(stage.state(), now);
    return held == null
        ? null
        : new Outcome.Defer(Duration.between(now, held), "the CA does not serve the account");
  }

  /** What becomes of an order when the CA did not do what it was asked for. */
  private Step after(Order order, CaException failure, Delivery delivery)
      throws InterruptedException {
    events.failed(order, failure);
    Instant now = delivery.now();
    Problem problem = failure.problem();
    return switch (failure.kind()) {
      // Not the order's fault: it does not count.
      case TRANSIENT -> {
        int before = order.problem() == null ? 0 : order.waits();
        yield Step.later(order.waited(faultOfTheCa(problem)), wait(before + 1));
      }
      case RATE_LIMITED -> {
        Duration wish = failure.retryAfter();
        Duration wait = wish == null ? wait(retries.backoff().steps() - 1) : least(wish);
        pause.extend(Reach.of(problem, order), stage.state(), now.plus(wait), now);
        yield Step.later(order.held(problem), wait);
      }
      case ACCOUNT -> {
        Instant next = account.refused(stage.state(), problem, failure.retryAfter(), now);
        events.accountRefused(problem, next);
        Problem shown =
            Problem.of(
                "account",
                "The CA does not serve this service at present",
                "there is nothing wrong with the order: it goes on when that is solved");
        yield Step.later(order.held(shown), Duration.between(now, next));
      }
      case GONE, REFUSED -> {
        try {
          yield refusals.judge(order, failure, now);
        } catch (CaException e) { // of another kind: the CA does not say how far the order is
          yield after(order, e, delivery);
        }
      }
    };
  }

  /** The log has the rest: where the CA is, and what it says of itself, are the operator's. */
  private static Problem faultOfTheCa(Problem problem) {
    return new Problem(
        problem.type(),
        problem.title(),
        problem.status(),
        problem.title()
            + ": there is nothing wrong with the order, and the CA is asked again by itself");
  }

  private static Problem fault(Throwable failure) {
    // The log has the rest, which is none of the customer's business.
    return Problem.of("fault", "A fault of the service", failure.getClass().getSimpleName());
  }

  /** A time that is over, or as good as, would have us ask again at once. */
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
      return new Outcome.Dead(reason(left), body);
    }
    if (left.state() == stage.state()) {
      return left.attempts() > before.attempts()
          ? new Outcome.Retry(step.delay(), reason(left), body)
          : new Outcome.Defer(step.delay(), reason(left), body);
    }
    Duration delay = left.state() == OrderState.ISSUED ? retention : step.delay();
    return Outcome.done(new Message(left.state().label(), left.id(), body, delay));
  }

  private static String reason(Order order) {
    @Nullable Problem problem = order.problem();
    return text(Objects.toString(problem, "not done yet"));
  }

  /** What the queue stores. */
  private static String text(@Nullable String reason) {
    return String.valueOf(reason).replace('\0', '?');
  }
}
