package io.heddle.orders.notify;

import io.heddle.Context;
import io.heddle.queue.Backoff;
import io.heddle.queue.Delivery;
import io.heddle.queue.Handler;
import io.heddle.queue.Note;
import io.heddle.queue.Outcome;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import java.io.IOException;
import java.time.Duration;

/**
 * Delivers notifications to a receiver, at least once each. One that the receiver does not accept
 * is delivered again later, and dead after the last attempt. The audit log has those only: it is
 * never cut, and the log has the others.
 */
final class DeliveryStage implements Handler {
  private final Receiver receiver;
  private final Queue queue;
  private final Backoff backoff;

  DeliveryStage(Receiver receiver, Queue queue, Backoff backoff) {
    this.receiver = receiver;
    this.queue = queue;
    this.backoff = backoff;
  }

  @Override
  public Outcome handle(Delivery delivery, Context context)
      throws QueueException, InterruptedException {
    Notification notification;
    try {
      notification = Notification.read(delivery.body());
    } catch (IllegalArgumentException e) {
      return new Outcome.Dead(text(e));
    }
    try {
      receiver.deliver(notification);
    } catch (IOException e) {
      context.check();
      Duration own = backoff.next(delivery.attempt(), null);
      if (own == null) {
        queue.note(
            new Note(receiver.stage(), receiver.place(), "not delivered: " + notification.type()),
            notification.order(),
            notification.customer());
        return new Outcome.Dead(text(e));
      }
      return new Outcome.Retry(longer(own, e), text(e));
    }
    return Outcome.done();
  }

  /** The receiver's wish, at most the last of the own waits, if it is longer than the own wait. */
  private Duration longer(Duration own, IOException failure) {
    Duration wish =
        failure instanceof Receiver.RefusedException refused ? refused.retryAfter() : null;
    if (wish == null) {
      return own;
    }
    Duration most = wish.compareTo(backoff.pace()) < 0 ? wish : backoff.pace();
    return most.compareTo(own) > 0 ? most : own;
  }

  private static String text(Exception e) {
    return String.valueOf(e.getMessage()).replace('\0', '?');
  }
}
