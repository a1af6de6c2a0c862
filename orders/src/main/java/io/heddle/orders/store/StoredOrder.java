package io.heddle.orders.store;

import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.queue.Entry;
import io.heddle.queue.State;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An order as stored in the queue.
 *
 * @param state its state: unlike the state in the order itself, it reflects a replay that no worker
 *     has seen yet
 * @param due when it is due next, null if never, or while a worker has it
 * @param changed when it was last changed
 * @param cursor its position in the sequence of published orders
 */
public record StoredOrder(
    Order order, OrderState state, @Nullable Instant due, Instant changed, long cursor) {

  private static final String UNREADABLE = Problem.OURS + "unreadable";
  private static final Order.Request UNKNOWN = new Order.Request("", List.of(), null);
  private static final String WHERE =
      "; the text is in the queue's table, queue_message, and if it was issued, the certificate is"
          + " in the folder of certificates";

  /**
   * Reads a message. A message that contains no order is shown nevertheless, so that it is noticed:
   * as an order without a customer, which only the operator sees, with a problem that says so.
   */
  static StoredOrder of(Entry entry) {
    OrderState state = entry.state() == State.DEAD ? OrderState.DEAD : OrderState.of(entry.stage());
    return new StoredOrder(
        order(entry, state),
        state,
        state.isFinal() || entry.state() == State.LEASED ? null : entry.due(),
        entry.changed(),
        entry.id());
  }

  /** Whether the order could not be read, so that nothing else is known about it. */
  public boolean isUnreadable() {
    Problem problem = order.problem();
    return problem != null && problem.type().equals(UNREADABLE);
  }

  private static Order order(Entry entry, OrderState state) {
    try {
      return OrderJson.read(entry.body());
    } catch (IllegalArgumentException e) {
      return new Order(
          entry.key(),
          UNKNOWN,
          state,
          entry.published(),
          0,
          0,
          null,
          new Problem(UNREADABLE, "The stored order cannot be read", 0, e.getMessage() + WHERE),
          null,
          null);
    }
  }
}
