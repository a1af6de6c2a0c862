package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.Go;
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
 * stages is here: replays, and what the CA's refusals mean.
 */
final class StageHandler implements Handler {
  private static final Duration LEAST_WAIT = Duration.ofSeconds(10);

  private final Stage stage;
  private final Retries retries;
  private final CaPause pause;
  private final Duration retention;
  private final Events events;

  StageHandler(Stage stage, Retries retries, CaPause pause, Duration retention, Events events) {
    this.stage = stage;
    this.retries = retries;
    this.pause = pause;
    this.retention = retention;
    this.events = events;
  }

  @Override
  public Outcome handle(Delivery delivery, Context context)
      throws IOException, QueueException, InterruptedException {
    Order stored = OrderJson.read(delivery.body());
    Instant now = Go.now();
    // It has been replayed, and nobody has looked at it since.
    Order order = stored.state() == OrderState.DEAD ? stored.replayed(now) : stored;
    if (order.state() != stage.state()) {
      return outcome(Step.to(order));
    }
    Instant notBefore = pause.until(now);
    if (notBefore != null && stage.state() != OrderState.CHECKING) {
      return new Outcome.Defer(Duration.between(now, notBefore), "the CA wants to be left alone");
    }
    long began = Go.nanoTime();
    Step step;
    try {
      step = stage.work(order);
    } catch (CaException e) {
      step = after(order, e);
      events.failed(order, e);
    }
    events.worked(order, step.order(), step.delay(), Duration.ofNanos(Go.nanoTime() - began));
    return outcome(step);
  }

  /** What becomes of an order when the CA did not do what it was asked for. */
  private Step after(Order order, CaException failure) {
    Instant now = Go.now();
    Problem problem = failure.problem();
    return switch (failure.kind()) {
      // Not the order's fault: it does not count.
      case TRANSIENT -> Step.later(order.held(problem), wait(1));
      case RATE_LIMITED -> {
        Instant notBefore = failure.retryAfter();
        Duration wait =
            notBefore == null
                ? wait(retries.backoff().steps() - 1)
                : least(Duration.between(now, notBefore));
        pause.extend(now.plus(wait));
        yield Step.later(order.held(problem), wait);
      }
      case GONE ->
          order.state() == OrderState.SUBMITTED
              ? retries.retry(order, problem, now)
              : retries.again(order, problem, now);
      case REFUSED -> Step.to(order.dead(problem));
    };
  }

  /** A time that is over by our clock, or as good as, would have us ask again at once. */
  private static Duration least(Duration wait) {
    return wait.compareTo(LEAST_WAIT) < 0 ? LEAST_WAIT : wait;
  }

  private Duration wait(int attempt) {
    Backoff backoff = retries.backoff();
    Duration wait = backoff.next(Math.clamp(attempt, 1, backoff.limit() - 1), null);
    return wait == null ? backoff.cap() : wait;
  }

  private Outcome outcome(Step step) {
    Order left = step.order();
    String body = OrderJson.write(left);
    if (left.state() == OrderState.DEAD) {
      return new Outcome.Dead(reason(left), body);
    }
    if (left.state() == stage.state()) {
      return new Outcome.Retry(step.delay(), reason(left), body);
    }
    Duration delay = left.state() == OrderState.ISSUED ? retention : step.delay();
    return Outcome.done(new Message(left.state().label(), left.id(), body, delay));
  }

  private static String reason(Order order) {
    @Nullable Problem problem = order.problem();
    return Objects.toString(problem, "not done yet").replace('\0', '?');
  }
}
