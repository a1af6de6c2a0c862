package io.heddle.orders.store;

import io.heddle.Go;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Message;
import io.heddle.queue.Note;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import io.heddle.queue.Search;
import io.heddle.queue.State;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.toolbox.AcmeUtils;

/**
 * All orders. An order is one message of the queue: its state is the message's stage, its id the
 * key, and its JSON the body. So there is no second copy that could differ: an order changes in the
 * transaction that moves its message from one stage to the next.
 */
public final class OrderStore {
  private static final int ID_BYTES = 16;
  private static final int ID_RADIX = 36;
  private static final int ID_LENGTH = 25;
  private static final Pattern ID = Pattern.compile("[0-9a-z]{" + ID_LENGTH + "}");

  /** How many messages are read at a time, for one page: some may belong to other customers. */
  private static final int BATCH = 51;

  private static final int MAX_READ = 5000;

  /**
   * A page is full after this many characters: an order of a hundred domains has half a million.
   */
  private static final int MAX_SIZE = 1 << 20;

  /**
   * The stage of idempotency keys that arrived with names that an open order had already. The key
   * of such a message is the id that its order would have; the body is the id of the open order.
   */
  public static final String REFERENCE = "reference";

  /**
   * The stage of the ids of purged orders. A worker deletes their keys and certificates, because
   * the process that purges may not have the folder. The message's key is not the id itself,
   * because another submission may use that.
   */
  public static final String PURGED = "purged";

  /** The stages of notifications, and of the messages that lead to them. */
  private static final List<String> NOTIFICATIONS = List.of("webhook", "command", "expiry");

  /** The delay after which the order has been purged, unless the process has died. */
  private static final Duration PURGING = Duration.ofMinutes(1);

  /**
   * Longer than orders exist: some 40 days until they are given up, or 90 after they are issued.
   */
  static final Duration REMEMBERED = Duration.ofDays(180);

  private static final List<Filter> STAGES =
      Arrays.stream(OrderState.values())
          .filter(state -> state != OrderState.DEAD)
          .map(state -> Filter.ALL.ofStage(state.label()))
          .toList();

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Queue queue;

  /** Makes a store. */
  public OrderStore(Queue queue) {
    this.queue = queue;
  }

  /**
   * The result of a submission.
   *
   * @param order the order in its current state
   * @param answer the relation of the order to this submission
   */
  public record Submission(StoredOrder order, Answer answer) {
    /**
     * Whether this submission made the order: true for exactly one of several submissions with the
     * same idempotency key or the same names.
     */
    public boolean isNew() {
      return answer == Answer.NEW;
    }
  }

  /** The relation of an order to a submission. */
  public enum Answer {
    /** This submission made the order. */
    NEW,
    /** An earlier submission of the same request made it. */
    SAME,
    /** Another order was submitted with the same idempotency key: this submission is rejected. */
    KEY_REUSED,
    /** An open order for the same names has another signing request: this one is rejected. */
    OTHER_CSR
  }

  /**
   * Stores a new order, unless its customer has an open one for the same names, which is then the
   * result. The order is on disk when this returns.
   *
   * @param idempotencyKey the customer's key for this submission: a second submission with the same
   *     key returns the order of the first. Null for a submission that will not be repeated
   */
  public Submission submit(Order.Request request, @Nullable String idempotencyKey)
      throws QueueException, InterruptedException {
    try {
      return submit(request, idempotencyKey, Quotas.NONE, null);
    } catch (QuotaException e) {
      throw new IllegalStateException("there is none", e);
    }
  }

  /**
   * Submits an order of a customer with quotas. A submission that returns an existing order uses no
   * quota.
   *
   * @param note stored with a new order in the audit log; null for none
   * @throws QuotaException if a quota is used up; nothing was stored
   */
  public Submission submit(
      Order.Request request, @Nullable String idempotencyKey, Quotas quotas, @Nullable Note note)
      throws QuotaException, QueueException, InterruptedException {
    String id = idempotencyKey == null ? randomId() : idOf(request.customer(), idempotencyKey);
    while (true) {
      Order order = Order.submitted(id, request, Go.now());
      Queue.Publication made =
          queue.publishWithHold(
              new Message(OrderState.SUBMITTED.label(), id, OrderJson.write(order))
                  .ownedBy(request.customer())
                  .foundBy(OrderTerms.of(order)),
              Ownership.request(request, id),
              quotas.ofSubmission(),
              note);
      boolean isOurs = made.key().equals(id);
      StoredOrder stored = isOurs ? named(id) : find(made.key());
      if (stored == null && made.exceeded() != null) {
        throw new QuotaException(made.exceeded());
      }
      if (stored == null) {
        if (made.isNew()) { // the earlier one has been given up and purged meanwhile
          Instant now = order.created();
          return new Submission(new StoredOrder(order, order.state(), now, now, 0), Answer.NEW);
        }
        continue; // the earlier order has been deleted meanwhile: this one is the first
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
      // Another submission has used the key meanwhile.
    }
  }

  /**
   * Stores an order that renews a certificate, unless it exists, or its customer has an open order
   * for the same names. The customer's quotas do not apply.
   *
   * @param renewal the new order, with the id from {@link #renewalId}
   * @return the id of the new order, or of the open one
   */
  public String renew(Order renewal) throws QueueException, InterruptedException {
    Order.Request request = renewal.request();
    return queue
        .publishWithHold(
            new Message(OrderState.SUBMITTED.label(), renewal.id(), OrderJson.write(renewal))
                .ownedBy(request.customer())
                .foundBy(OrderTerms.of(renewal)),
            Ownership.request(request, renewal.id()),
            List.of())
        .key();
  }

  /** The id of the next order that renews the certificate of an order; the same for all workers. */
  public static String renewalId(RenewalPlan plan) {
    return digest("", "renewal " + (plan.begun() + 1) + " of " + plan.order());
  }

  /** The plan to renew the certificate of an order; null if absent. */
  public @Nullable RenewalPlan renewalOf(Order order) throws QueueException, InterruptedException {
    Entry plan = planOf(order);
    return plan == null ? null : RenewalPlan.of(plan);
  }

  /** The message of the plan to renew an issued order's certificate; null if absent. */
  @Nullable Entry planOf(Order order) throws QueueException, InterruptedException {
    if (order.certificate() == null) {
      return null;
    }
    String key = RenewalPlan.of(order).key();
    List<Entry> plans = queue.list(Filter.ALL.ofStage(RenewalPlan.STAGE).withKey(key), 0, 1);
    return plans.isEmpty() ? null : plans.getFirst();
  }

  /** Makes an idempotency key refer to the order that was open for its names. */
  private boolean refer(String id, String other) throws QueueException, InterruptedException {
    return queue.publishIfAbsent(new Message(REFERENCE, id, other, REMEMBERED));
  }

  /** The order with an id, or the one that the id refers to. */
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
      queue.retract(new Message(REFERENCE, id, other, REMEMBERED)); // its order has been deleted
    }
    return meant;
  }

  /** Returns an order; null if no order has this id. */
  public @Nullable StoredOrder find(String id) throws QueueException, InterruptedException {
    for (Entry entry : queue.list(Filter.ALL.withKey(id), 0, OrderState.values().length)) {
      if (isOrder(entry)) {
        return StoredOrder.of(entry);
      }
    }
    return null;
  }

  /**
   * A page of orders.
   *
   * @param next the cursor for the next page; null if this is the last
   */
  public record Page(List<StoredOrder> orders, @Nullable Long next) {}

  /**
   * Lists orders in the order in which they reached their state. A page ends before its limit when
   * it has become large, or when thousands of orders that an older version stored belong to other
   * customers.
   *
   * @param state lists orders in this state, null for any state
   * @param customer lists the orders of this customer, null for all customers
   * @param after lists orders after this cursor, 0 for the first page
   */
  public Page list(@Nullable OrderState state, @Nullable String customer, long after, int limit)
      throws QueueException, InterruptedException {
    List<Filter> filters = filters(state, customer);
    List<StoredOrder> found = new ArrayList<>();
    long cursor = after;
    int size = 0;
    for (int read = 0; read < MAX_READ; read += BATCH) {
      // One more than a page, so that a page that is full knows whether another follows.
      int batch = read == 0 ? Math.min(BATCH, limit + 1) : BATCH;
      List<Entry> entries = queue.list(filters, cursor, batch);
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
      if (entries.size() < batch) {
        return new Page(found, null);
      }
    }
    return new Page(found, cursor);
  }

  /**
   * Filters for the messages that may be the orders: one for each stage, because an index has the
   * messages of an owner in a stage by their ids. Messages of an older version name no owner.
   */
  private static List<Filter> filters(@Nullable OrderState state, @Nullable String customer) {
    List<Filter> ofState =
        state == OrderState.DEAD
            ? List.of(Filter.DEAD)
            : state != null
                ? List.of(Filter.ALL.ofStage(state.label()))
                : customer == null ? List.of(Filter.ALL) : STAGES;
    return customer == null
        ? ofState
        : Stream.of(customer, "")
            .flatMap(owner -> ofState.stream().map(one -> one.ofOwner(owner)))
            .toList();
  }

  /**
   * Searches for orders.
   *
   * @param search what to search for, which {@link OrderTerms} makes
   * @param state finds orders in this state, null for any state
   * @param customer finds the orders of this customer, null for all customers
   * @param after the cursor of the page before, null for the first page
   * @throws IllegalArgumentException if the cursor is not one
   */
  public Found search(
      Search search,
      @Nullable OrderState state,
      @Nullable String customer,
      @Nullable String after,
      int limit)
      throws QueueException, InterruptedException {
    Filter filter =
        state == null
            ? Filter.ALL
            : state == OrderState.DEAD ? Filter.DEAD : Filter.ALL.ofStage(state.label());
    Search.Page page =
        queue.search(search.in(customer == null ? filter : filter.ofOwner(customer)), after, limit);
    return new Found(
        page.entries().stream().filter(entry -> isIn(state, entry)).map(StoredOrder::of).toList(),
        page.next());
  }

  /**
   * A page of orders that were found.
   *
   * @param next the cursor for the next page; null if this is the last
   */
  public record Found(List<StoredOrder> orders, @Nullable String next) {}

  /**
   * Whether the customer of an issued order has another certificate for all of its names that
   * expires later.
   */
  public boolean isReplaced(Order issued) throws QueueException, InterruptedException {
    Order.Request request = issued.request();
    Instant expires = Objects.requireNonNull(issued.certificate(), "certificate").notAfter();
    Search sameName = OrderTerms.named(request.domains().getFirst());
    String after = null;
    for (int read = 0; read < MAX_READ; read += BATCH) {
      Found page = search(sameName, OrderState.ISSUED, request.customer(), after, BATCH);
      for (StoredOrder other : page.orders()) {
        Order.Certificate certificate = other.order().certificate();
        if (certificate != null
            && certificate.notAfter().isAfter(expires)
            && Set.copyOf(other.order().request().domains()).containsAll(request.domains())) {
          return true;
        }
      }
      after = page.next();
      if (after == null) {
        return false;
      }
    }
    return false;
  }

  private static boolean isIn(@Nullable OrderState state, Entry entry) {
    return isOrder(entry)
        && (state == null || (entry.state() == State.DEAD) == (state == OrderState.DEAD));
  }

  /**
   * Retries a dead order.
   *
   * @param id the order's id
   */
  public long replay(String id) throws QueueException, InterruptedException {
    return queue.replay(dead(id));
  }

  /**
   * The result of {@link #replayAll}.
   *
   * @param replayed the number of messages that were replayed
   * @param skipped the number of orders that stay dead, because a person has ended them
   */
  public record ReplayedAll(long replayed, long skipped) {}

  /**
   * Retries all dead orders, except those that were cancelled or whose certificates were revoked,
   * and with them renewals and revocations that have failed, but not notifications.
   *
   * @param note stored for each order in the audit log
   */
  public ReplayedAll replayAll(Note note) throws QueueException, InterruptedException {
    // All keys first: an order may die again at once.
    List<String> keys = new ArrayList<>();
    long skipped = 0;
    List<Entry> dead = queue.list(Filter.DEAD, 0, BATCH);
    while (!dead.isEmpty()) {
      for (Entry entry : dead) {
        if (isOrder(entry) && isEnded(StoredOrder.of(entry))) {
          skipped++;
        } else if (!isNotification(entry)) {
          keys.add(entry.key());
        }
      }
      dead = queue.list(Filter.DEAD, dead.getLast().id(), BATCH);
    }
    long replayed = 0;
    for (String key : keys) {
      replayed += queue.replay(dead(key), note);
    }
    return new ReplayedAll(replayed, skipped);
  }

  /**
   * Delivers all notifications again that were not delivered.
   *
   * @param note stored for each in the audit log
   */
  public long replayNotifications(Note note) throws QueueException, InterruptedException {
    long replayed = 0;
    for (String stage : NOTIFICATIONS) {
      replayed += queue.replay(Filter.DEAD.ofStage(stage), note);
    }
    return replayed;
  }

  /**
   * Deletes all notifications that were not delivered.
   *
   * @param note stored for each in the audit log
   */
  public long purgeNotifications(Note note) throws QueueException, InterruptedException {
    long purged = 0;
    for (String stage : NOTIFICATIONS) {
      Filter stageOfDead = Filter.DEAD.ofStage(stage);
      List<Entry> dead = queue.list(stageOfDead, 0, BATCH);
      while (!dead.isEmpty()) {
        purged += queue.purge(dead, note);
        dead = queue.list(stageOfDead, dead.getLast().id(), BATCH);
      }
    }
    return purged;
  }

  private static boolean isNotification(Entry entry) {
    return NOTIFICATIONS.contains(entry.stage());
  }

  private static boolean isEnded(StoredOrder order) {
    return !order.isUnreadable() && Interventions.isEnded(order.order());
  }

  /**
   * Replays an order of a customer with quotas.
   *
   * @param note stored in the audit log if the order was dead
   * @return whether the order was dead
   * @throws QuotaException if a quota is used up; the order is unchanged
   */
  public boolean replay(StoredOrder order, Quotas quotas, Note note)
      throws QuotaException, QueueException, InterruptedException {
    Queue.Replayed replayed =
        queue.replay(
            order.order().id(), order.order().request().customer(), quotas.ofReplay(), note);
    if (replayed.exceeded() != null) {
      throw new QuotaException(replayed.exceeded());
    }
    return replayed.isDone();
  }

  /**
   * Deletes dead orders.
   *
   * @param id the id of one order, null for all
   */
  public long purge(@Nullable String id) throws QueueException, InterruptedException {
    return purge(id, null);
  }

  /**
   * Deletes dead orders, and with all orders the renewals and revocations that have failed, but not
   * notifications.
   *
   * @param id the id of one order, null for all
   * @param note stored for each order in the audit log; null for none
   */
  public long purge(@Nullable String id, @Nullable Note note)
      throws QueueException, InterruptedException {
    long purged = 0;
    List<Entry> dead = queue.list(dead(id), 0, BATCH);
    while (!dead.isEmpty()) {
      // Published first, so that no key is left behind after a crash.
      queue.publish(
          dead.stream()
              .filter(OrderStore::isOrder)
              .map(one -> new Message(PURGED, PURGED + " " + one.key(), one.key(), PURGING))
              .toList());
      purged += queue.purge(dead.stream().filter(one -> !isNotification(one)).toList(), note);
      dead = queue.list(dead(id), dead.getLast().id(), BATCH);
    }
    return purged;
  }

  /** The message of an order; null if absent. */
  @Nullable Entry entry(String id) throws QueueException, InterruptedException {
    return queue.list(Filter.ALL.withKey(id), 0, OrderState.values().length).stream()
        .filter(OrderStore::isOrder)
        .findFirst()
        .orElse(null);
  }

  private static Filter dead(@Nullable String id) {
    return id == null ? Filter.DEAD : Filter.DEAD.withKey(id);
  }

  /** The queue itself. */
  public Queue queue() {
    return queue;
  }

  /** Messages other than orders are in stages whose names are not states. */
  static boolean isOrder(Entry entry) {
    return Arrays.stream(OrderState.values())
        .anyMatch(state -> state.label().equals(entry.stage()));
  }

  private static String randomId() {
    byte[] bytes = new byte[ID_BYTES];
    RANDOM.nextBytes(bytes);
    return id(bytes);
  }

  /** The same key of the same customer gives the same id. Ids of two customers never coincide. */
  private static String idOf(String customer, String key) {
    return digest(customer, key);
  }

  /** The names of customers are not empty, and contain no zero. */
  private static String digest(String customer, String key) {
    return id(Arrays.copyOf(AcmeUtils.sha256hash(customer + "\0" + key), ID_BYTES));
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
