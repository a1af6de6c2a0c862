package io.heddle.orders.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Message;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import io.heddle.queue.State;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
  private static final Pattern ID = Pattern.compile("[0-9a-z]{" + ID_LENGTH + "}");

  /** How many messages are read at a time, and for one page: some may not be of the customer. */
  private static final int BATCH = 50;

  private static final int MAX_READ = 5000;

  /** After so many characters a page is full: a hundred domains are half a million. */
  private static final int MAX_SIZE = 1 << 20;

  /**
   * The stage of idempotency keys that came with names for which an order was open: the key of such
   * a message is the id that its order would have, the body is the id of the open one.
   */
  public static final String REFERENCE = "reference";

  /** Longer than orders are: some 40 days until they are given up, and 90 after they are issued. */
  private static final Duration REMEMBERED = Duration.ofDays(180);

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Queue queue;

  /** Makes a store. */
  public OrderStore(Queue queue) {
    this.queue = queue;
  }

  /**
   * What became of a submission.
   *
   * @param order the order, as it is now
   * @param answer what it is to this submission
   */
  public record Submission(StoredOrder order, Answer answer) {
    /**
     * Whether this submission made the order: true for one of those with the same idempotency key
     * or names.
     */
    public boolean isNew() {
      return answer == Answer.NEW;
    }
  }

  /** What an order is to a submission. */
  public enum Answer {
    /** This submission made it. */
    NEW,
    /** It is what was asked for, and an earlier submission made it. */
    SAME,
    /** It is another one, which was submitted with the same idempotency key: nothing was taken. */
    KEY_REUSED,
    /** It is open for the same names, with another signing request: nothing was taken. */
    OTHER_CSR
  }

  /**
   * Takes an order, unless its customer has an open one for the same names, which then is the
   * order. It is on disk when this returns.
   *
   * @param idempotencyKey what the customer calls this submission: the second time with the same
   *     one yields the order of the first time. Null if it is not to be repeated
   */
  public Submission submit(Order.Request request, @Nullable String idempotencyKey)
      throws QueueException, InterruptedException {
    String id = idempotencyKey == null ? randomId() : idOf(request.customer(), idempotencyKey);
    while (true) {
      Order order = Order.submitted(id, request, Go.now());
      Queue.Publication made =
          queue.publishWithHold(
              new Message(OrderState.SUBMITTED.label(), id, OrderJson.write(order))
                  .ownedBy(request.customer()),
              Ownership.request(request, id));
      boolean isOurs = made.key().equals(id);
      StoredOrder stored = isOurs ? named(id) : find(made.key());
      if (stored == null) {
        if (made.isNew()) { // it has been given up and purged meanwhile
          Instant now = order.created();
          return new Submission(new StoredOrder(order, order.state(), now, now, 0), Answer.NEW);
        }
        continue; // the one that there was has been forgotten meanwhile: this one is the first
      }
      if (made.isNew()) {
        return new Submission(stored, Answer.NEW);
      }
      boolean isSame = stored.isUnreadable() || stored.order().request().isSame(request);
      if (isOurs) {
        return new Submission(stored, isSame ? Answer.SAME : Answer.KEY_REUSED);
      }
      if (!isSame) {
        return new Submission(stored, Answer.OTHER_CSR);
      }
      if (idempotencyKey == null || refer(id, made.key())) {
        return new Submission(stored, Answer.SAME);
      }
      // The key has got a meaning meanwhile.
    }
  }

  /** Has an idempotency key mean the order that was open for its names. */
  private boolean refer(String id, String other) throws QueueException, InterruptedException {
    return queue.publishIfAbsent(new Message(REFERENCE, id, other, REMEMBERED));
  }

  /** The order of an id, or the one that the id refers to. */
  private @Nullable StoredOrder named(String id) throws QueueException, InterruptedException {
    StoredOrder order = find(id);
    if (order != null) {
      return order;
    }
    List<Entry> references = queue.list(Filter.ALL.ofStage(REFERENCE).withKey(id), 0, 1);
    if (references.isEmpty()) {
      return null;
    }
    String other = references.getFirst().body();
    StoredOrder meant = find(other);
    if (meant == null) {
      queue.retract(new Message(REFERENCE, id, other, REMEMBERED)); // it has been forgotten
    }
    return meant;
  }

  /** Looks for an order; null if there is none. */
  public @Nullable StoredOrder find(String id) throws QueueException, InterruptedException {
    for (Entry entry : queue.list(Filter.ALL.withKey(id), 0, OrderState.values().length)) {
      if (isOrder(entry)) {
        return StoredOrder.of(entry);
      }
    }
    return null;
  }

  /**
   * Some of the orders, and where the others are.
   *
   * @param next what the next page comes after; null if there is none
   */
  public record Page(List<StoredOrder> orders, @Nullable Long next) {}

  /**
   * Lists orders in the order in which they came to their state. A page ends before its limit when
   * it has become large; and when thousands of orders that an older version stored were of other
   * customers.
   *
   * @param customer whose, null for everybody's
   * @param after those after the one with this cursor, 0 for the first
   */
  public Page list(OrderState state, @Nullable String customer, long after, int limit)
      throws QueueException, InterruptedException {
    Filter filter = state == OrderState.DEAD ? Filter.DEAD : Filter.ALL.ofStage(state.label());
    List<StoredOrder> found = new ArrayList<>();
    long cursor = after;
    int size = 0;
    for (int read = 0; read < MAX_READ; read += BATCH) {
      List<Entry> entries = entries(filter, customer, cursor);
      for (Entry entry : entries) {
        if (found.size() == limit || size > MAX_SIZE) {
          return new Page(found, cursor);
        }
        cursor = entry.id();
        if (isIn(state, entry)) {
          StoredOrder order = StoredOrder.of(entry);
          if (customer == null || customer.equals(order.order().request().customer())) {
            found.add(order);
            size += entry.body().length();
          }
        }
      }
      if (entries.size() < BATCH) {
        return new Page(found, null);
      }
    }
    return new Page(found, cursor);
  }

  /** The next entries that may be a customer's. What an older version stored names no owner. */
  private List<Entry> entries(Filter filter, @Nullable String customer, long after)
      throws QueueException, InterruptedException {
    if (customer == null) {
      return queue.list(filter, after, BATCH);
    }
    return Stream.concat(
            queue.list(filter.ofOwner(customer), after, BATCH).stream(),
            queue.list(filter.ofOwner(""), after, BATCH).stream())
        .sorted(Comparator.comparingLong(Entry::id))
        .limit(BATCH)
        .toList();
  }

  private static boolean isIn(OrderState state, Entry entry) {
    return isOrder(entry) && (entry.state() == State.DEAD) == (state == OrderState.DEAD);
  }

  /**
   * Has dead orders be tried once more.
   *
   * @param id which one, null for all
   */
  public long replay(@Nullable String id) throws QueueException, InterruptedException {
    return queue.replay(dead(id));
  }

  /**
   * Forgets dead orders.
   *
   * @param id which one, null for all
   */
  public long purge(@Nullable String id) throws QueueException, InterruptedException {
    return queue.purge(dead(id));
  }

  private static Filter dead(@Nullable String id) {
    return id == null ? Filter.DEAD : Filter.DEAD.withKey(id);
  }

  /** The queue itself. */
  public Queue queue() {
    return queue;
  }

  /** Other things than orders are in stages whose names are no states. */
  static boolean isOrder(Entry entry) {
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

  /** Whether an order could have this id. */
  public static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  private static String id(byte[] bytes) {
    String text = new BigInteger(1, bytes).toString(ID_RADIX);
    return "0".repeat(ID_LENGTH - text.length()) + text;
  }
}
