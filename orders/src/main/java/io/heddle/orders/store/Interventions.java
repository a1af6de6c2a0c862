package io.heddle.orders.store;

import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.queue.Entry;
import io.heddle.queue.Filter;
import io.heddle.queue.Message;
import io.heddle.queue.Note;
import io.heddle.queue.Outcome;
import io.heddle.queue.Queue;
import io.heddle.queue.QueueException;
import io.heddle.queue.Quota;
import io.heddle.queue.State;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What people do with orders that are not dead: cancel them, continue them at once, skip their
 * check, or revoke their certificates. A worker may have the order at the same time. Each change is
 * made to the message as it was read, so it is repeated if the order has changed meanwhile, and the
 * worker loses its lease.
 */
public final class Interventions {
  /** How long an order must have been left alone before it is retried at a customer's request. */
  public static final Duration RETRY_PAUSE = Duration.ofSeconds(30);

  /** The problem of cancelled orders. */
  private static final String CANCELLED = "cancelled";

  /** The problem of orders whose certificates were revoked. */
  private static final String REVOKED = "revoked";

  private final OrderStore store;
  private final Queue queue;

  /** Makes a view of a store. */
  public Interventions(OrderStore store) {
    this.store = store;
    this.queue = store.queue();
  }

  /**
   * Gives an open order up, as if it had failed; it can be replayed. A worker that has the order
   * loses its lease, so its result does not count. A request that the worker has sent to the CA is
   * not taken back. For an issued order, cancels the renewal.
   *
   * @param note who cancels it; stored in the audit log
   * @return whether there was anything to cancel
   */
  public boolean cancel(String id, Note note) throws QueueException, InterruptedException {
    if (cancelOpen(id, note)) {
      endPlanOf(id);
      return true;
    }
    StoredOrder stored = store.find(id);
    return stored != null
        && stored.state() == OrderState.ISSUED
        && !stored.isUnreadable()
        && cancelRenewal(stored.order(), note, Whose.ANYBODYS);
  }

  /** Cancels an order; returns false if it is issued or dead, or does not exist. */
  private boolean cancelOpen(String id, Note note) throws QueueException, InterruptedException {
    Problem problem = Problem.of(CANCELLED, "The order was cancelled", "by " + note.actor());
    while (true) {
      Entry entry = store.entry(id);
      if (entry == null || entry.state() == State.DEAD) {
        return false;
      }
      StoredOrder stored = StoredOrder.of(entry);
      if (stored.state() == OrderState.ISSUED) {
        return false;
      }
      if (queue.settle(
          entry, new Outcome.Dead(problem.toString(), cancelled(stored, problem)), note)) {
        return true;
      }
      // It has changed meanwhile.
    }
  }

  /** Uses up one of the customer's requests that make the service act out of turn. */
  private void use(Order order, Quotas quotas)
      throws QuotaException, QueueException, InterruptedException {
    Quota.Exceeded exceeded = queue.use(order.request().customer(), quotas.ofIntervention());
    if (exceeded != null) {
      throw new QuotaException(exceeded);
    }
  }

  /** Ends the plan that a cancelled renewal belongs to, or a purge would start another renewal. */
  private void endPlanOf(String renewal) throws QueueException, InterruptedException {
    StoredOrder stored = store.find(renewal);
    if (stored == null || stored.isUnreadable() || stored.order().request().replaces() == null) {
      return;
    }
    StoredOrder old = store.find(stored.order().request().replaces().order());
    while (old != null && !old.isUnreadable()) {
      Entry plan = store.planOf(old.order());
      if (plan == null
          || plan.state() == State.DEAD
          || !renewal.equals(RenewalPlan.of(plan).renewal())
          || queue.settle(plan, Outcome.done(), null)) {
        return;
      }
      // The plan has changed meanwhile.
    }
  }

  private static @Nullable String cancelled(StoredOrder stored, Problem problem) {
    if (stored.isUnreadable()) {
      return null; // stays as it is
    }
    Order order = stored.order(); // dead if it was replayed, and no worker has seen it since
    Order open = order.state() == OrderState.DEAD ? order.replayed(stored.changed()) : order;
    return OrderJson.write(open.dead(problem));
  }

  /** Whether an order is dead because a person has cancelled it, or had its certificate revoked. */
  public static boolean isEnded(Order order) {
    Problem problem = order.problem();
    return order.state() == OrderState.DEAD
        && problem != null
        && (problem.type().equals(Problem.OURS + CANCELLED)
            || problem.type().equals(Problem.OURS + REVOKED));
  }

  /** Which open orders are cancelled with a renewal. */
  private enum Whose {
    /** Also an order of the customer that serves as the renewal. */
    ANYBODYS,
    /** Only an order that was placed to renew the certificate. */
    ITS_OWN
  }

  /**
   * Cancels the renewal of an issued order, whether it has begun or not. A renewal that is issued
   * keeps its own plan. The plan is settled last, so that the call can be repeated after a crash.
   */
  private boolean cancelRenewal(Order order, Note note, Whose whose)
      throws QueueException, InterruptedException {
    while (true) {
      Entry entry = store.planOf(order);
      if (entry == null) {
        return false;
      }
      RenewalPlan plan = RenewalPlan.of(entry);
      if (entry.state() == State.DEAD) {
        return queue.purge(List.of(entry), note) == 1;
      }
      // A worker may be about to begin the renewal: the id of its order is taken from now on.
      String next = OrderStore.renewalId(plan);
      if (!queue.publishIfAbsent(
          new Message(OrderStore.REFERENCE, next, order.id(), OrderStore.REMEMBERED))) {
        cancelOpen(next, note);
      }
      if (plan.renewal() != null && (whose == Whose.ANYBODYS || renews(plan.renewal(), order))) {
        cancelOpen(plan.renewal(), note);
      }
      if (queue.settle(entry, Outcome.done(), null)) {
        queue.note(note, order.id(), order.request().customer());
        return true;
      }
      // The plan has changed meanwhile.
    }
  }

  private boolean renews(String id, Order order) throws QueueException, InterruptedException {
    StoredOrder renewal = store.find(id);
    Order.Replaced replaced = renewal == null ? null : renewal.order().request().replaces();
    return replaced != null && replaced.order().equals(order.id());
  }

  /**
   * Asks for the revocation of an issued order's certificate. A worker asks the CA for it.
   *
   * @param note who wants it to be revoked; stored in the audit log
   * @return whether the order is issued
   * @throws QuotaException if the quota is used up; nothing has happened
   */
  public boolean revoke(StoredOrder order, Revocation.Reason reason, Quotas quotas, Note note)
      throws QuotaException, QueueException, InterruptedException {
    if (order.state() != OrderState.ISSUED || order.order().certificate() == null) {
      return false; // also if it is unreadable
    }
    use(order.order(), quotas);
    Revocation revocation = Revocation.of(order.order(), reason, note.actor());
    String customer = order.order().request().customer();
    queue.note(
        note, order.order().id(), customer); // before: an intention that is noted is harmless
    Message message = revocation.message(customer);
    while (queue.publish(List.of(message)) == 0) {
      List<Entry> dead =
          queue.list(Filter.DEAD.ofStage(message.stage()).withKey(message.key()), 0, 1);
      if (dead.isEmpty()) {
        return true; // an earlier request is pending
      }
      queue.purge(dead, null); // an earlier request that the CA has refused
    }
    return true;
  }

  /**
   * Records that the CA has revoked a certificate: its order is dead, and its renewal is cancelled.
   */
  public void revoked(Revocation revocation) throws QueueException, InterruptedException {
    Problem problem =
        Problem.of(
            REVOKED,
            "The certificate was revoked",
            revocation.serial() + ", by " + revocation.by() + ": " + revocation.reason().label());
    while (true) {
      Entry entry = store.entry(revocation.order());
      StoredOrder stored = entry == null ? null : StoredOrder.of(entry);
      if (entry == null
          || stored == null
          || stored.state() != OrderState.ISSUED
          || !revocation.isFor(stored.order())) {
        return;
      }
      // First, while the order still names its certificate, and thereby its plan.
      cancelRenewal(stored.order(), new Note(revocation.by(), "", CANCELLED), Whose.ITS_OWN);
      String body = OrderJson.write(stored.order().revoked(problem));
      if (queue.settle(entry, new Outcome.Dead(problem.toString(), body), null)) {
        return;
      }
    }
  }

  /** The outcome of a request to process an order at once. */
  public enum Retry {
    /** The order is due now. */
    DUE,
    /** The order was worked on a moment ago: try again in {@link #RETRY_PAUSE}. */
    TOO_SOON,
    /** The order is not waiting: a worker has it, or it is issued or dead. */
    NOT_WAITING
  }

  /**
   * Makes an open order due at once, for example because its challenges have just been answered.
   * The attempt counts as every other.
   *
   * @param note who wants that; stored in the audit log
   * @throws QuotaException if the quota is used up; nothing has happened
   */
  public Retry retry(String id, Quotas quotas, Note note)
      throws QuotaException, QueueException, InterruptedException {
    boolean isUsed = false;
    while (true) {
      Entry entry = store.entry(id);
      if (entry == null
          || entry.state() != State.WAITING
          || !Ownership.OPEN.contains(entry.stage())) {
        return Retry.NOT_WAITING;
      }
      StoredOrder stored = StoredOrder.of(entry);
      Filter quiet = Filter.ALL.ofStage(entry.stage()).withKey(id).unchangedFor(RETRY_PAUSE);
      if (stored.order().attempts() > 0 && queue.list(quiet, 0, 1).isEmpty()) {
        return Retry.TOO_SOON; // by the queue's clock
      }
      if (!isUsed) {
        use(stored.order(), quotas);
        isUsed = true;
      }
      String reason = Objects.requireNonNullElse(entry.reason(), "to be worked on now");
      if (queue.settle(entry, new Outcome.Defer(Duration.ZERO, reason), note)) {
        return Retry.DUE;
      }
    }
  }

  /**
   * Makes an order skip its check, because its owner knows that the CA's validation will succeed
   * although this machine cannot see that: in a network with names of its own, for example. If the
   * validation fails nevertheless, that counts, and the order is placed and checked again.
   *
   * @param type the type of the challenges that have been answered
   * @param note who knows it; stored in the audit log
   * @return whether the order was being checked
   * @throws IllegalArgumentException if an authorization has no challenge of this type
   * @throws QuotaException if the quota is used up; nothing has happened
   */
  public boolean skipCheck(String id, String type, Quotas quotas, Note note)
      throws QuotaException, QueueException, InterruptedException {
    boolean isUsed = false;
    boolean isTouched = false;
    while (true) {
      Entry entry = store.entry(id);
      if (entry == null
          || entry.state() == State.DEAD
          || !entry.stage().equals(OrderState.CHECKING.label())) {
        return false;
      }
      StoredOrder stored = StoredOrder.of(entry);
      Order order = stored.order();
      if (stored.isUnreadable() || order.state() == OrderState.DEAD || order.placement() == null) {
        return false; // a replay that no worker has seen
      }
      order.authorizations().forEach(one -> checkType(one, type));
      if (!isUsed) {
        use(order, quotas);
        isUsed = true;
      }
      if (!isTouched) { // so that its last change is now, on the queue's clock
        isTouched =
            queue.settle(entry, new Outcome.Defer(RETRY_PAUSE, "the check is skipped"), null);
        continue;
      }
      Authorization.CheckNote checked =
          new Authorization.CheckNote(
              "READY", "not checked, as " + note.actor() + " asked", "", entry.changed(), 0);
      Order ready =
          order.with(
              order
                  .placement()
                  .with(
                      order.authorizations().stream()
                          .map(one -> ready(one, type, checked))
                          .toList()));
      if (queue.settle(
          entry,
          new Outcome.Defer(Duration.ZERO, "the check is skipped", OrderJson.write(ready)),
          note)) {
        return true;
      }
    }
  }

  private static Authorization ready(Authorization one, String type, Authorization.CheckNote note) {
    return one.status() == Authorization.Status.VALID ? one : one.checked(type, note);
  }

  private static void checkType(Authorization one, String type) {
    if (one.status() != Authorization.Status.VALID && one.challenge(type).isEmpty()) {
      throw new IllegalArgumentException(
          "'"
              + type
              + "' is not a challenge of "
              + one.name()
              + "; there are "
              + one.challenges().stream().map(Challenge::type).collect(Collectors.joining(", ")));
    }
  }
}
