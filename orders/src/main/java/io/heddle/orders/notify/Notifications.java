package io.heddle.orders.notify;

import io.heddle.orders.Authorization;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.telemetry.Log;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.orders.telemetry.NotificationEvents;
import io.heddle.queue.Backoff;
import io.heddle.queue.Consumer;
import io.heddle.queue.Message;
import io.heddle.queue.Queue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Notifications about orders for the operator's receivers. A stage publishes them in the
 * transaction that changes the order, so none is lost, and none reports a change that did not
 * happen. Each receiver has a stage of its own in the queue.
 */
public final class Notifications implements AutoCloseable {
  /** No notifications. */
  public static final Notifications NONE = new Notifications(List.of(), Backoff.ORDERS);

  /**
   * The waits after failed deliveries: from ten seconds to two hours for about eight hours, then
   * six hours each, for about three days in all.
   */
  public static final Backoff BACKOFF =
      new Backoff(Duration.ofSeconds(10), Duration.ofHours(2), 16, Duration.ofHours(6), 28);

  /** How many notifications a receiver gets at a time. */
  private static final int TOGETHER = 8;

  private final List<Receiver> receivers;
  private final Backoff backoff;

  Notifications(List<Receiver> receivers, Backoff backoff) {
    this.receivers = List.copyOf(receivers);
    this.backoff = backoff;
  }

  /**
   * Notifies up to two receivers.
   *
   * @param backoff when to repeat a delivery that has failed
   */
  public static Notifications to(
      @Nullable Webhook webhook, @Nullable CommandHook command, Backoff backoff) {
    return new Notifications(
        Stream.<@Nullable Receiver>of(webhook, command)
            .filter(Objects::nonNull)
            .map(one -> Objects.requireNonNull(one))
            .toList(),
        backoff);
  }

  /**
   * The messages about a stage's result, which are published with it.
   *
   * @param stage the stage that has worked on the order
   * @param left the order as the stage has left it
   */
  public List<Message> of(OrderState stage, Order left) {
    if (receivers.isEmpty()) {
      return List.of();
    }
    Notification.Type type = type(stage, left);
    if (type == null) {
      return List.of();
    }
    List<Message> messages = new ArrayList<>(about(type, left));
    if (left.state() == OrderState.ISSUED) {
      messages.add(Expiry.watch(left));
    }
    return messages;
  }

  private static Notification.@Nullable Type type(OrderState stage, Order left) {
    return switch (left.state()) {
      case CHECKING ->
          // Not if the CA could not be asked to validate: the challenges are the same.
          stage != OrderState.CHECKING && stage != OrderState.VALIDATING && isPending(left)
              ? Notification.Type.ACTION_REQUIRED
              : null;
      case ISSUED ->
          left.request().replaces() == null ? Notification.Type.ISSUED : Notification.Type.RENEWED;
      case DEAD -> Notification.Type.FAILED;
      default -> null;
    };
  }

  private static boolean isPending(Order order) {
    return order.authorizations().stream()
        .anyMatch(one -> one.status() == Authorization.Status.PENDING);
  }

  /** One notification, with one id for all receivers. */
  List<Message> about(Notification.Type type, Order order) {
    Notification notification = Notification.of(type, order);
    return receivers.stream().map(notification::to).toList();
  }

  /** The consumers that deliver the notifications. */
  public List<Consumer> consumers(
      Queue queue, Consumer.Settings settings, Log log, Metrics metrics) {
    List<Consumer> consumers = new ArrayList<>();
    for (Receiver receiver : receivers) {
      consumers.add(
          new Consumer(
              queue,
              receiver.stage(),
              settings.withConcurrency(TOGETHER),
              new DeliveryStage(receiver, queue, backoff),
              new NotificationEvents(log, metrics)));
    }
    if (!receivers.isEmpty()) {
      consumers.add(
          new Consumer(
              queue,
              Expiry.STAGE,
              settings.withConcurrency(TOGETHER),
              new Expiry(new OrderStore(queue), this),
              new NotificationEvents(log, metrics)));
    }
    return consumers;
  }

  @Override
  public void close() {
    receivers.forEach(Receiver::close);
  }
}
