package io.heddle.orders.store;

import static java.nio.charset.StandardCharsets.UTF_8;

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
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whose the CA's orders and authorizations are. A CA answers a new order with what the account has
 * already: a valid or pending authorization of a name, or the whole of an open order for the same
 * names. For an account that several customers share, that would be another customer's proof. All
 * of it is in the queue's database, so it holds for all workers and survives them.
 *
 * <p>Invariants:
 *
 * <ol>
 *   <li>An authorization has at most one owner: the customer for whom it was first seen, when it
 *       was pending and none of its challenges had been tried. One that is not recorded and does
 *       not look like that is nobody's. One that a worker is about to deactivate is nobody's from
 *       then on, so a deactivation that comes late hits nothing that an order uses.
 *   <li>An order that is stored with a placement has authorizations of its own customer only, and
 *       was the last to be given the CA's order.
 *   <li>At any time one customer has open orders at the CA for a name of an account. Therefore
 *       whatever the CA returns that is another customer's belongs to no open order, and may be
 *       deactivated.
 *   <li>A customer has one open order for a set of names.
 * </ol>
 *
 * <p>The first is a message that nobody works on, published once, and a second one that takes the
 * owner away; the others are {@linkplain Hold holds}, which end with the order.
 */
public final class Ownership {
  /** The stage of the messages that say whose an authorization is. */
  public static final String STAGE = "authorization";

  /** The stage of the messages that say that an authorization belongs to nobody. */
  public static final String DISOWNED = "disowned-authorization";

  /**
   * How long an owner is remembered: longer than CAs keep a pending authorization. A valid one that
   * lives longer is nobody's then, which costs its owner another validation.
   */
  private static final Duration REMEMBERED = Duration.ofDays(180);

  private static final int LONGEST_KEY = 500;

  /** From the submission to the end, replays included. */
  private static final List<String> OPEN =
      OrderState.STAGES.stream().map(OrderState::label).toList();

  /**
   * While the CA knows the order. An order that is to be placed is leased at that time; one that
   * waits in the first stage has nothing at the CA that it would go on with.
   */
  static final List<String> PLACED =
      OPEN.stream().filter(stage -> !stage.equals(OrderState.SUBMITTED.label())).toList();

  private final Queue queue;

  /** Makes a view of a queue. */
  public Ownership(Queue queue) {
    this.queue = queue;
  }

  /** What the one open order of a customer for a set of names holds. */
  static Hold request(Order.Request request, String id) {
    String names = String.join(" ", new TreeSet<>(request.domains()));
    return new Hold("request " + digest(request.customer() + "\0" + names), id, OPEN);
  }

  /** A wildcard's authorization is of the same name at some CAs, so the two are one resource. */
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
   * Has an order that was dead be the open one for its names again.
   *
   * @param order the order, which the caller has leased
   * @return null if it is; else the id of the one that is open meanwhile
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
   * What of a placement belongs to somebody else.
   *
   * @param foreign the authorizations that are not the customer's
   * @param isInUse whether an open order goes on with the CA's order already
   */
  public record Bound(List<Authorization> foreign, boolean isInUse) {
    /** Whether the order may go on with the placement. */
    public boolean isOurs() {
      return foreign.isEmpty() && !isInUse;
    }
  }

  /**
   * Binds what the CA made of an order to it and to its customer, as far as that is nobody's yet.
   *
   * @param order the order, whose names are taken
   * @param authorizations what the CA wants to be shown
   * @param untouched those of them that are pending and of which no challenge has been tried
   * @return what is not the order's: if there is any, the CA's order must not be used
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
   * Records that authorizations belong to nobody, before they are deactivated at the CA. The
   * request to the CA may be sent at any time after that, even when the worker's lease has ended
   * and another customer has taken the names: that customer's order uses none of these
   * authorizations.
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
   * Whether an order may go on with what it has at the CA: after a replay others may have used it,
   * and an earlier version bound nothing.
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
   * Binds what an earlier version has placed and shown to customers, before anything else is
   * placed. Where two customers have the same, the older order has it.
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
      for (Hold one : holds) { // each by itself: what one of two has the other goes without
        if (!queue.holds(order.id(), one.resource())) { // a read: most orders have theirs already
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
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(text.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
