package io.heddle.orders.store;

import io.heddle.orders.Authorization;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.queue.Delivery;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Hold;
import io.heddle.queue.Message;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.toolbox.AcmeUtils;

/**
 * Records which customers own the CA's orders and authorizations. A CA answers a new order with
 * objects that the account has already: a valid or pending authorization of a name, or an open
 * order for the same names. If several customers share an account, that could be another customer's
 * proof. The records are in the queue's database, so they apply to all workers and survive them.
 *
 * <p>Invariants:
 *
 * <ol>
 *   <li>An authorization has at most one owner: the customer for whom it was first seen, when it
 *       was pending and none of its challenges had been tried. An authorization that is not
 *       recorded and was seen in another state has no owner. An authorization that a worker is
 *       about to deactivate loses its owner first, so a late deactivation affects no authorization
 *       that an order uses.
 *   <li>An order that is stored with a placement has only authorizations of its own customer, and
 *       was the last order to be given the CA's order.
 *   <li>At any time only one customer has open orders at the CA for a name of an account. Therefore
 *       objects of another customer that the CA returns belong to no open order, and may be
 *       deactivated.
 *   <li>A customer has one open order for a set of names.
 * </ol>
 *
 * <p>The first is recorded as a message that no worker receives, published once, and a second one
 * that removes the owner. The others are {@linkplain Hold holds}, which end with the order.
 */
public final class Ownership {
  /** The stage of the messages that record the owner of an authorization. */
  public static final String STAGE = "authorization";

  /** The stage of the messages that record that an authorization has no owner any more. */
  public static final String DISOWNED = "disowned-authorization";

  /**
   * How long an owner is recorded: longer than CAs keep a pending authorization. A valid one that
   * lives longer has no owner after that, which costs its customer another validation.
   */
  private static final Duration REMEMBERED = Duration.ofDays(180);

  private static final int LONGEST_KEY = 500;

  /** From the submission to the end, replays included. */
  static final List<String> OPEN = OrderState.STAGES.stream().map(OrderState::label).toList();

  /**
   * While the CA knows the order. An order is leased while it is being placed; an order that waits
   * in the first stage has nothing at the CA that it would continue with.
   */
  static final List<String> PLACED =
      OPEN.stream().filter(stage -> !stage.equals(OrderState.SUBMITTED.label())).toList();

  private final Queue queue;

  /** Makes a view of a queue. */
  public Ownership(Queue queue) {
    this.queue = queue;
  }

  /** The hold of a customer's only open order for a set of names. */
  static Hold request(Order.Request request, String id) {
    String names = String.join(" ", new TreeSet<>(request.domains()));
    return new Hold("request " + digest(request.customer() + "\0" + names), id, OPEN);
  }

  /** Some CAs use the same authorization for a name and its wildcard, so they are one resource. */
  private static List<Hold> names(Order order, String account) {
    Set<String> names = new TreeSet<>();
    for (String domain : order.request().domains()) {
      names.add(domain.startsWith("*.") ? domain.substring(2) : domain);
    }
    return names.stream()
        .map(name ->
            new Hold("name " + digest(account) + " " + name, order.request().customer(), PLACED))
        .toList();
  }

  private static Hold placement(String id, URI location) {
    return new Hold(placed(location), id, PLACED);
  }

  private static String placed(URI location) {
    return "order " + digest(location.toString());
  }

  /**
   * Makes an order that was dead the open one for its names again.
   *
   * @param order the order, which the caller has leased
   * @return null if it is; else the id of the order that is open now
   */
  public @Nullable String reopen(Order order) throws QueueException, InterruptedException {
    return queue.hold(order.id(), List.of(request(order.request(), order.id())));
  }

  /**
   * Takes the names of an order for its customer, for as long as the order is at the CA.
   *
   * @param order the order, which the caller has leased
   * @param account the id of the account that places it
   * @return whether no other customer has an open order for any of them
   */
  public boolean takeNames(Order order, String account)
      throws QueueException, InterruptedException {
    return queue.hold(order.id(), names(order, account)) == null;
  }

  /**
   * The parts of a placement that belong to another customer or order.
   *
   * @param foreign the authorizations that are not the customer's
   * @param isInUse whether another open order uses the CA's order
   */
  public record Bound(List<Authorization> foreign, boolean isInUse) {
    /** Whether the order may use the placement. */
    public boolean isOurs() {
      return foreign.isEmpty() && !isInUse;
    }
  }

  /**
   * Binds a placement to its order and customer, as far as it has no owner yet.
   *
   * @param order the order, whose names are taken
   * @param authorizations the proofs that the CA requires
   * @param untouched those that are pending and of which no challenge has been tried
   * @return the parts that are not the order's: if there are any, the CA's order must not be used
   */
  public Bound bind(
      Order order, URI location, List<Authorization> authorizations, Set<URI> untouched)
      throws QueueException, InterruptedException {
    String customer = order.request().customer();
    List<Authorization> foreign = new ArrayList<>();
    for (Authorization one : authorizations) {
      if (untouched.contains(one.location())) {
        record(one.location(), customer);
      }
      if (!isOwn(one, customer)) {
        foreign.add(one);
      }
    }
    boolean isInUse =
        foreign.isEmpty()
            && queue.hold(order.id(), List.of(placement(order.id(), location))) != null;
    return new Bound(foreign, isInUse);
  }

  /**
   * Records that authorizations have no owner, before they are deactivated at the CA. The request
   * to the CA may be sent at any time after that, even when the worker's lease has ended and
   * another customer has taken the names: that customer's order uses none of these authorizations.
   *
   * @param holder the order that is being placed. Its names were taken under this lease, so no
   *     other customer has an open order for them while the lease lasts
   * @param foreign the authorizations that will be deactivated
   */
  public void disown(Delivery holder, List<Authorization> foreign)
      throws QueueException, InterruptedException {
    List<Message> nobodys =
        foreign.stream()
            .map(one -> new Message(DISOWNED, key(one.location()), "", REMEMBERED))
            .toList();
    while (!queue.publishWhileLeased(holder, nobodys)) {
      // Another order of the same customer disowned one of them at the same moment.
    }
  }

  /**
   * Whether an order may continue with its placement at the CA: after a replay other orders may
   * have used it, and an earlier version bound nothing.
   *
   * @param order the order, which the caller has leased
   * @param account the id of the account that has placed it
   * @return whether its names, its authorizations and the CA's order are its own
   */
  public boolean isOurs(Order order, String account) throws QueueException, InterruptedException {
    Order.Placement placement = Objects.requireNonNull(order.placement(), "placed");
    for (Authorization one : placement.authorizations()) {
      if (!isOwn(one, order.request().customer())) {
        return false;
      }
    }
    return queue.holds(order.id(), placed(placement.location())) && takeNames(order, account);
  }

  /**
   * Binds the placements of an earlier version, before any new order is placed. If two customers
   * have the same, the older order gets it.
   *
   * @param account the id of the account that placed all of it
   */
  void adopt(String account) throws QueueException, InterruptedException {
    long after = 0;
    List<Entry> entries;
    do {
      entries = queue.list(Filter.ALL, after, 100);
      for (Entry entry : entries) {
        after = entry.id();
        if (OrderStore.isOrder(entry)) {
          StoredOrder stored = StoredOrder.of(entry);
          if (!stored.isUnreadable()) {
            adopt(stored.order(), account);
          }
        }
      }
    } while (!entries.isEmpty());
  }

  private void adopt(Order order, String account) throws QueueException, InterruptedException {
    List<Hold> holds = new ArrayList<>(List.of(request(order.request(), order.id())));
    Order.Placement placement = order.placement();
    if (placement != null) {
      for (Authorization one : placement.authorizations()) {
        record(one.location(), order.request().customer());
      }
      holds.add(placement(order.id(), placement.location()));
      holds.addAll(names(order, account));
    }
    if (order.state() != OrderState.ISSUED) {
      for (Hold one : holds) { // separately: a conflict over one must not affect the others
        if (!queue.holds(order.id(), one.resource())) { // only a read: most orders have theirs
          queue.hold(order.id(), List.of(one));
        }
      }
    }
  }

  private void record(URI authorization, String customer)
      throws QueueException, InterruptedException {
    queue.publish(List.of(new Message(STAGE, key(authorization), customer, REMEMBERED)));
  }

  private boolean isOwn(Authorization one, String customer)
      throws QueueException, InterruptedException {
    Entry owner = find(STAGE, one);
    return owner != null && owner.body().equals(customer) && find(DISOWNED, one) == null;
  }

  private @Nullable Entry find(String stage, Authorization one)
      throws QueueException, InterruptedException {
    List<Entry> found = queue.list(Filter.ALL.ofStage(stage).withKey(key(one.location())), 0, 1);
    return found.isEmpty() ? null : found.getFirst();
  }

  private static String key(URI authorization) {
    String text = authorization.toString();
    return text.length() <= LONGEST_KEY ? text : digest(text);
  }

  private static String digest(String text) {
    return HexFormat.of().formatHex(AcmeUtils.sha256hash(text));
  }
}
