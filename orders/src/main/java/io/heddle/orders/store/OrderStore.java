package io.heddle.orders.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.queue.Entry;
import io.heddle.orders.queue.Filter;
import io.heddle.orders.queue.Message;
import io.heddle.orders.queue.Queue;
import io.heddle.orders.queue.QueueException;
import io.heddle.orders.queue.State;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All orders. An order is one message of the queue: its state is the message's stage, its key the
 * order's id, its body the order as JSON. So there is no second place that could disagree: an order
 * changes in the transaction that takes its message from one stage to the next.
 */
public final class OrderStore {
  private static final int ID_BYTES = 16;
  private static final int ID_RADIX = 36;
  private static final int ID_LENGTH = 25;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Queue queue;

  /**
   * Makes a store.
   *
   * @param queue where the orders are
   */
  public OrderStore(Queue queue) {
    this.queue = queue;
  }

  /**
   * What became of a submission.
   *
   * @param order the order, as it is now
   * @param isNew whether this submission made it
   */
  public record Submission(StoredOrder order, boolean isNew) {}

  /**
   * Takes an order. It is on disk when this returns.
   *
   * @param request what is wanted
   * @param idempotencyKey what the customer calls this submission: the second time with the same
   *     one yields the order of the first time. Null if it is not to be repeated
   * @return the order
   * @throws QueueException if the queue failed
   * @throws InterruptedException if the thread is interrupted
   */
  public Submission submit(Order.Request request, @Nullable String idempotencyKey)
      throws QueueException, InterruptedException {
    String id = idempotencyKey == null ? randomId() : idOf(request.customer(), idempotencyKey);
    StoredOrder before = idempotencyKey == null ? null : find(id);
    if (before != null) {
      return new Submission(before, false);
    }
    // Two that get here with the same key at the same time add one message; and if the first is a
    // stage further by then, the worker of the first stage drops the second: see isElsewhere.
    Order order = Order.submitted(id, request, Go.now());
    int added =
        queue.publish(
            List.of(new Message(OrderState.SUBMITTED.label(), id, OrderJson.write(order))));
    StoredOrder stored = find(id);
    return new Submission(
        stored != null
            ? stored
            : new StoredOrder(order, OrderState.SUBMITTED, order.created(), order.created(), 0),
        added > 0);
  }

  /**
   * Looks for an order.
   *
   * @param id its id
   * @return the order, null if there is none
   * @throws QueueException if the queue failed
   * @throws InterruptedException if the thread is interrupted
   */
  public @Nullable StoredOrder find(String id) throws QueueException, InterruptedException {
    for (Entry entry : queue.list(Filter.ALL.withKey(id), 0, OrderState.values().length)) {
      if (isOrder(entry)) {
        return StoredOrder.of(entry);
      }
    }
    return null;
  }

  /**
   * Whether an order that is in the first stage is in a later one too, because it was submitted
   * twice at the same time.
   *
   * @param id its id
   * @return true if the one in the first stage is too many
   * @throws QueueException if the queue failed
   * @throws InterruptedException if the thread is interrupted
   */
  public boolean isElsewhere(String id) throws QueueException, InterruptedException {
    return queue.list(Filter.ALL.withKey(id), 0, OrderState.values().length).stream()
        .anyMatch(entry -> isOrder(entry) && !entry.stage().equals(OrderState.SUBMITTED.label()));
  }

  /**
   * Lists orders in the order in which they came to their state.
   *
   * @param state which ones
   * @param after those after the one with this cursor, 0 for the first
   * @param limit how many at most
   * @return the orders
   * @throws QueueException if the queue failed
   * @throws InterruptedException if the thread is interrupted
   */
  public List<StoredOrder> list(OrderState state, long after, int limit)
      throws QueueException, InterruptedException {
    if (state == OrderState.DEAD) {
      return queue.list(Filter.DEAD, after, limit).stream()
          .filter(OrderStore::isOrder)
          .map(StoredOrder::of)
          .toList();
    }
    List<StoredOrder> found = new java.util.ArrayList<>();
    long cursor = after;
    while (found.size() < limit) {
      List<Entry> entries = queue.list(Filter.ALL.ofStage(state.label()), cursor, limit);
      if (entries.isEmpty()) {
        break;
      }
      cursor = entries.getLast().id();
      entries.stream()
          .filter(entry -> entry.state() != State.DEAD)
          .map(StoredOrder::of)
          .limit(limit - found.size())
          .forEach(found::add);
    }
    return found;
  }

  /**
   * Has dead orders be tried once more.
   *
   * @param id which one, null for all
   * @return how many there were
   * @throws QueueException if the queue failed
   * @throws InterruptedException if the thread is interrupted
   */
  public long replay(@Nullable String id) throws QueueException, InterruptedException {
    return queue.replay(id == null ? Filter.DEAD : Filter.DEAD.withKey(id));
  }

  /**
   * Forgets dead orders.
   *
   * @param id which one, null for all
   * @return how many there were
   * @throws QueueException if the queue failed
   * @throws InterruptedException if the thread is interrupted
   */
  public long purge(@Nullable String id) throws QueueException, InterruptedException {
    return queue.purge(id == null ? Filter.DEAD : Filter.DEAD.withKey(id));
  }

  /**
   * The queue itself.
   *
   * @return where the orders are
   */
  public Queue queue() {
    return queue;
  }

  /** Other things than orders are in stages whose names are no states. */
  private static boolean isOrder(Entry entry) {
    return Arrays.stream(OrderState.values())
        .anyMatch(state -> state.label().equals(entry.stage()));
  }

  private static String randomId() {
    byte[] bytes = new byte[ID_BYTES];
    RANDOM.nextBytes(bytes);
    return id(bytes);
  }

  /** The same customer's same key is the same order. A customer cannot meet another's. */
  private static String idOf(String customer, String key) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(customer.getBytes(UTF_8));
      sha.update((byte) 0);
      sha.update(key.getBytes(UTF_8));
      return id(Arrays.copyOf(sha.digest(), ID_BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String id(byte[] bytes) {
    String text = new BigInteger(1, bytes).toString(ID_RADIX);
    return "0".repeat(ID_LENGTH - text.length()) + text;
  }
}
