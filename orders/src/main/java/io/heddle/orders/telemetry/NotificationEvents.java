package io.heddle.orders.telemetry;

import io.heddle.orders.OrderState;
import io.heddle.queue.Delivery;
import io.heddle.queue.Observer;
import io.heddle.queue.Outcome;
import io.heddle.queue.QueueException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Notifies the log and the metrics of notifications that were delivered, or were not. */
public final class NotificationEvents implements Observer {
  private final Events events;
  private final Log log;
  private final Metrics metrics;

  /** Makes the observer. */
  public NotificationEvents(Log log, Metrics metrics) {
    this.events = new Events(OrderState.ISSUED, log, metrics);
    this.log = log;
    this.metrics = metrics;
  }

  @Override
  public void settled(Delivery delivery, Outcome outcome, Duration took) {
    if (!Metrics.RECEIVERS.contains(delivery.stage())) {
      return; // a certificate that was watched
    }
    switch (outcome) {
      case Outcome.Done _ -> write(delivery, "delivered", null, null);
      case Outcome.Retry(Duration delay, String reason, _) ->
          write(delivery, "retried", reason, delay);
      case Outcome.Dead(String reason, _, _) -> write(delivery, "dead", reason, null);
      case Outcome.Defer _ -> {}
    }
  }

  private void write(
      Delivery delivery, String result, @Nullable String problem, @Nullable Duration due) {
    metrics.notified(delivery.stage(), result);
    log.write(
        "notification",
        "id",
        delivery.key(),
        "receiver",
        delivery.stage(),
        "customer",
        delivery.owner(),
        "result",
        result,
        "attempt",
        delivery.attempt(),
        "due_in_ms",
        due == null ? null : due.toMillis(),
        "problem",
        problem);
  }

  @Override
  public void lost(Delivery delivery) {
    events.lost(delivery);
  }

  @Override
  public void failed(String stage, QueueException failure) {
    events.failed(stage, failure);
  }
}
