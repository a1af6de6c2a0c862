package io.heddle.orders.store;

import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.queue.Entry;
import io.heddle.orders.queue.State;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An order as it lies in the queue.
 *
 * @param order the order
 * @param state where it is: unlike the order's own, it knows of a replay that no worker has seen
 *     yet
 * @param due when it is worked on next, null if never
 * @param changed when it changed last
 * @param cursor its place in the order in which orders came into the queue
 */
public record StoredOrder(
    Order order, OrderState state, @Nullable Instant due, Instant changed, long cursor) {

  static StoredOrder of(Entry entry) {
    OrderState state = entry.state() == State.DEAD ? OrderState.DEAD : OrderState.of(entry.stage());
    return new StoredOrder(
        OrderJson.read(entry.body()),
        state,
        state.isFinal() ? null : entry.due(),
        entry.changed(),
        entry.id());
  }
}
