package io.heddle.orders.notify;

import io.heddle.queue.Backoff;
import io.heddle.queue.Handler;
import io.heddle.queue.Message;
import io.heddle.queue.Queue;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A receiver without a network, which accepts or refuses, as a test wants. */
public final class TestReceiver implements Receiver {
  private final String stage;
  private final List<Notification> accepted = new ArrayList<>();
  private @Nullable RefusedException refusal;
  private int attempts;

  /** A receiver of a stage. */
  public TestReceiver(String stage) {
    this.stage = stage;
  }

  /** Notifies these. */
  public static Notifications notifications(Backoff backoff, TestReceiver... receivers) {
    return new Notifications(List.of(receivers), backoff);
  }

  /** The work of the stage, without a consumer. */
  public static Handler delivering(Queue queue, TestReceiver receiver) {
    return new DeliveryStage(receiver, queue, Notifications.BACKOFF);
  }

  /** A notification for a server. */
  public static Message message(String order, String customer) {
    return notification(order, customer).to(new TestReceiver(Webhook.STAGE));
  }

  static Notification notification(String order, String customer) {
    return new Notification(
        "evt_1", "order.issued", order, customer, "{\"type\":\"order.issued\"}");
  }

  @Override
  public String stage() {
    return stage;
  }

  @Override
  public String place() {
    return "in this process";
  }

  @Override
  public synchronized void deliver(Notification notification) throws IOException {
    attempts++;
    if (refusal != null) {
      throw refusal;
    }
    accepted.add(notification);
  }

  /** Refuses everything from now on. */
  public void refuse(String reason) {
    refuse(reason, null);
  }

  /** Refuses everything, and wants to be asked again after a time. */
  public synchronized void refuse(String reason, @Nullable Duration retryAfter) {
    refusal = new RefusedException(reason, retryAfter);
  }

  /** Accepts everything from now on. */
  public synchronized void accept() {
    refusal = null;
  }

  /** Types and orders of what was accepted, sorted: the sequence of deliveries is not certain. */
  public synchronized List<String> seen() {
    return accepted.stream().map(one -> one.type() + " " + one.order()).sorted().toList();
  }

  /** Ids of what was accepted, sorted. */
  public synchronized List<String> ids() {
    return accepted.stream().map(Notification::id).sorted().toList();
  }

  /** The texts of a type that were accepted. */
  public synchronized List<String> texts(String type) {
    return accepted.stream()
        .filter(one -> one.type().equals(type))
        .map(Notification::text)
        .toList();
  }

  /** How often it was asked. */
  public synchronized int attempts() {
    return attempts;
  }

  /** Forgets what it has seen. */
  public synchronized void clear() {
    accepted.clear();
  }
}
