package io.heddle.orders.service;

import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.queue.Delivery;
import io.heddle.orders.queue.Entry;
import io.heddle.orders.queue.Filter;
import io.heddle.orders.queue.Message;
import io.heddle.orders.queue.Outcome;
import io.heddle.orders.queue.Queue;
import io.heddle.orders.queue.QueueException;
import io.heddle.orders.queue.StageStats;
import io.heddle.orders.store.OrderJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A real queue that leaves a mark of every time that a stage completes an order, in the transaction
 * that completes it. As a mutant it settles as a pipeline would that somebody wrote who did not
 * know better.
 */
final class MarkingQueue implements Queue {
  static final String MARK = "mark";

  private final Queue queue;
  private final Mutant mutant;

  /** What is wrong with it. */
  enum Mutant {
    /** Nothing. */
    NONE,
    /** Some orders are acknowledged, and not handed to the next stage. */
    FORGETS_TO_HAND_OVER
  }

  MarkingQueue(Queue queue, Mutant mutant) {
    this.queue = queue;
    this.mutant = mutant;
  }

  @Override
  public void settle(Delivery delivery, Outcome outcome)
      throws QueueException, InterruptedException {
    boolean isOrder =
        OrderState.STAGES.stream().anyMatch(state -> state.label().equals(delivery.stage()));
    if (!isOrder || !(outcome instanceof Outcome.Done(var next)) || next.isEmpty()) {
      queue.settle(delivery, outcome);
      return;
    }
    List<Message> marked = new ArrayList<>(next);
    marked.add(mark(delivery, next.getFirst()));
    switch (mutant) {
      case NONE -> queue.settle(delivery, new Outcome.Done(marked));
      case FORGETS_TO_HAND_OVER -> {
        boolean forgets =
            delivery.stage().equals(OrderState.VALIDATING.label())
                && delivery.key().hashCode() % 3 == 0;
        queue.settle(delivery, new Outcome.Done(forgets ? marked.subList(1, 2) : marked));
      }
    }
  }

  /** Named by what was done: an order that was placed anew goes the same way once more. */
  private static Message mark(Delivery delivery, Message next) {
    Order order = OrderJson.read(next.body());
    String where = order.placement() == null ? "" : order.placement().location().getPath();
    String done = delivery.stage() + " " + delivery.key() + " " + where;
    return new Message(MARK, done + " " + UUID.randomUUID(), "");
  }

  @Override
  public int publish(List<Message> messages) throws QueueException, InterruptedException {
    return queue.publish(messages);
  }

  @Override
  public boolean retract(Message message) throws QueueException, InterruptedException {
    return queue.retract(message);
  }

  @Override
  public List<Delivery> claim(String stage, int max, Duration lease)
      throws QueueException, InterruptedException {
    return queue.claim(stage, max, lease);
  }

  @Override
  public List<Delivery> tryClaim(String stage, int max, Duration lease)
      throws QueueException, InterruptedException {
    return queue.tryClaim(stage, max, lease);
  }

  @Override
  public List<Delivery> extend(List<Delivery> deliveries, Duration lease)
      throws QueueException, InterruptedException {
    return queue.extend(deliveries, lease);
  }

  @Override
  public List<Entry> list(Filter filter, long after, int limit)
      throws QueueException, InterruptedException {
    return queue.list(filter, after, limit);
  }

  @Override
  public long replay(Filter filter) throws QueueException, InterruptedException {
    return queue.replay(filter);
  }

  @Override
  public long purge(Filter filter) throws QueueException, InterruptedException {
    return queue.purge(filter);
  }

  @Override
  public List<StageStats> stats() throws QueueException, InterruptedException {
    return queue.stats();
  }

  @Override
  public @Nullable Entry find(String key) throws QueueException, InterruptedException {
    return queue.find(key);
  }

  @Override
  public void close() {
    queue.close();
  }
}
