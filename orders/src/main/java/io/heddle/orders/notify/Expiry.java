package io.heddle.orders.notify;

import com.google.gson.Gson;
import io.heddle.Context;
import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.store.OrderStore;
import io.heddle.orders.store.StoredOrder;
import io.heddle.queue.Delivery;
import io.heddle.queue.Handler;
import io.heddle.queue.Message;
import io.heddle.queue.Outcome;
import io.heddle.queue.QueueException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Warns of certificates that are about to expire, unless the customer has another certificate for
 * the same names by then. A certificate is watched by a message of a stage of its own, which is due
 * at the next warning: when a sixth of the certificate's life is left, and a twenty-fourth.
 * Renewals begin when a third is left.
 */
final class Expiry implements Handler {
  /** The stage of the messages. */
  static final String STAGE = "expiry";

  /** The parts of a certificate's life that are left at each warning. */
  private static final List<Integer> WARNINGS = List.of(6, 24);

  /** For an order that only a newer version can read. */
  private static final Duration LOOK = Duration.ofHours(1);

  private static final Gson GSON = new Gson();

  private final OrderStore store;
  private final Notifications notifications;

  /**
   * The certificate that a message watches.
   *
   * @param life how long it was valid when it was issued, in seconds
   * @param warned the number of warnings so far
   */
  private record Watched(String order, String serial, long life, int warned) {
    Watched {
      Objects.requireNonNull(order, "order");
      Objects.requireNonNull(serial, "serial");
    }

    boolean isFor(Order issued) {
      Order.Certificate certificate = issued.certificate();
      return certificate != null && certificate.serial().equals(serial);
    }
  }

  Expiry(OrderStore store, Notifications notifications) {
    this.store = store;
    this.notifications = notifications;
  }

  /** The message that watches the certificate of an issued order. */
  static Message watch(Order issued) {
    Order.Certificate certificate = Objects.requireNonNull(issued.certificate(), "certificate");
    long life = Duration.between(Go.now(), certificate.notAfter()).toSeconds();
    return Objects.requireNonNull(
        next(issued, new Watched(issued.id(), certificate.serial(), life, 0)), "first warning");
  }

  /** Returns null after the last warning. */
  private static @Nullable Message next(Order issued, Watched watched) {
    if (watched.warned >= WARNINGS.size()) {
      return null;
    }
    Order.Certificate certificate = Objects.requireNonNull(issued.certificate(), "certificate");
    Duration left = Duration.ofSeconds(watched.life / WARNINGS.get(watched.warned));
    Instant due = certificate.notAfter().minus(left);
    return new Message(
        STAGE,
        STAGE + " " + watched.order + " " + watched.serial,
        GSON.toJson(watched),
        Duration.between(Go.now(), due),
        issued.request().customer());
  }

  @Override
  public Outcome handle(Delivery delivery, Context context)
      throws QueueException, InterruptedException {
    Watched watched;
    try {
      watched = Objects.requireNonNull(GSON.fromJson(delivery.body(), Watched.class), "watched");
    } catch (RuntimeException e) { // Gson wraps the exception of a record's constructor in one
      return new Outcome.Dead("not a watched certificate");
    }
    StoredOrder stored = store.find(watched.order);
    if (stored != null && stored.isUnreadable()) {
      return new Outcome.Defer(LOOK, "a newer version has written the order");
    }
    if (stored == null
        || stored.state() != OrderState.ISSUED
        || !watched.isFor(stored.order())
        || store.isReplaced(stored.order())) {
      return Outcome.done();
    }
    Order order = stored.order();
    List<Message> next = new ArrayList<>(notifications.about(Notification.Type.EXPIRING, order));
    Message again =
        next(order, new Watched(watched.order, watched.serial, watched.life, watched.warned + 1));
    if (again != null) {
      next.add(again);
    }
    return new Outcome.Done(next);
  }
}
