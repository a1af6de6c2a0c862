package io.heddle.orders.notify;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.api.OrderView;
import io.heddle.orders.store.StoredOrder;
import io.heddle.queue.Message;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * Something that has happened to an order. It is a message of the queue until its receiver has
 * accepted it. Each delivery has the same id and the same text.
 *
 * @param id random; receivers ignore ids that they have seen
 * @param type the label of its type
 * @param order the order's id
 * @param text what receivers get, in JSON
 */
record Notification(String id, String type, String order, String customer, String text) {
  private static final Gson GSON = new Gson();

  /** What can happen. */
  enum Type {
    /** The CA has placed challenges that the customer has to answer. */
    ACTION_REQUIRED("order.action_required"),
    /** There is a certificate. */
    ISSUED("order.issued"),
    /** There is a certificate that renews another. */
    RENEWED("order.renewed"),
    /** The order was given up. */
    FAILED("order.failed"),
    /** A certificate is about to expire, and no other replaces it. */
    EXPIRING("order.expiring");

    private final String label;

    Type(String label) {
      this.label = label;
    }

    /** Its name for receivers. */
    String label() {
      return label;
    }
  }

  /** Checks that the components are present: notifications are also read from the store. */
  Notification {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(order, "order");
    Objects.requireNonNull(customer, "customer");
    Objects.requireNonNull(text, "text");
  }

  /** A new notification about an order as it is from now on. */
  static Notification of(Type type, Order order) {
    Instant now = Go.now();
    JsonObject data = OrderView.of(new StoredOrder(order, order.state(), null, now, 0));
    data.remove("waiting_for"); // may be different already
    data.getAsJsonArray("authorizations")
        .forEach(one -> one.getAsJsonObject().remove("check")); // long
    JsonObject json = new JsonObject();
    json.addProperty("type", type.label);
    json.addProperty("timestamp", now.toString());
    json.add("data", data);
    return new Notification(
        "evt_" + UUID.randomUUID(),
        type.label,
        order.id(),
        order.request().customer(),
        json.toString());
  }

  /** The message for a receiver. */
  Message to(Receiver receiver) {
    return new Message(receiver.stage(), id, GSON.toJson(this)).ownedBy(customer);
  }

  /**
   * Reads a notification.
   *
   * @throws IllegalArgumentException if the text is not one
   */
  static Notification read(String json) {
    try {
      return Objects.requireNonNull(GSON.fromJson(json, Notification.class), "notification");
    } catch (RuntimeException e) { // Gson wraps the exception of a record's constructor in one
      throw new IllegalArgumentException("not a notification: " + e.getMessage(), e);
    }
  }
}
