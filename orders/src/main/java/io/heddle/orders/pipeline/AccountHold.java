package io.heddle.orders.pipeline;

import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether the CA serves the accounts. While it does not serve an account, that account's orders
 * wait: they cannot fix it, and every order would fail in the same way. From time to time one order
 * of each stage asks nevertheless, and when the CA fulfils its request, all continue. This is
 * recorded for each stage, because a CA may reject new orders until its new terms are accepted, and
 * finish old ones; and for each account, because a CA that registers no more accounts still serves
 * existing ones.
 */
final class AccountHold {
  /** Rare enough for the CA, and soon enough after the operator has acted. */
  static final Duration LOOK = Duration.ofMinutes(1);

  /** For how many intervals without an attempt a refusal counts as recent. */
  private static final int RECENT = 10;

  private final Duration look;
  private final Map<Subject, Hold> holds = new ConcurrentHashMap<>();

  /**
   * Makes an empty hold.
   *
   * @param look the time between two attempts, if the CA does not say
   */
  AccountHold(Duration look) {
    this.look = look;
  }

  /**
   * The orders that wait.
   *
   * @param stage orders of this stage
   */
  record Subject(OrderState stage, String account) {}

  /**
   * The fact that orders wait.
   *
   * @param next when one of them may ask
   */
  private record Hold(Problem problem, Instant since, Instant next) {}

  /** The time between two attempts, if the CA does not say. */
  Duration look() {
    return look;
  }

  /**
   * When an order may ask the CA, null if it may now. Of the orders of a held stage, one gets null
   * and asks; the others wait for its result.
   */
  @Nullable Instant until(Subject subject, Instant now) {
    Hold hold = holds.get(subject);
    if (hold == null) {
      return null;
    }
    Hold looking = new Hold(hold.problem, hold.since, now.plus(look));
    return !now.isBefore(hold.next) && holds.replace(subject, hold, looking)
        ? null
        : now.isBefore(hold.next) ? hold.next : looking.next;
  }

  /**
   * The time of the next attempt if the CA has refused a subject a short time ago, otherwise null.
   * Does not claim that attempt.
   */
  @Nullable Instant recently(Subject subject, Instant now) {
    Hold hold = holds.get(subject);
    return hold != null && now.isBefore(hold.next.plus(look.multipliedBy(RECENT)))
        ? hold.next
        : null;
  }

  /**
   * The CA has refused the account.
   *
   * @param wish when the CA wants to be asked again, null if it does not say
   */
  Instant refused(Subject subject, Problem problem, @Nullable Duration wish, Instant now) {
    Instant next = now.plus(wish != null && wish.compareTo(look) > 0 ? wish : look);
    Hold hold =
        holds.merge(
            subject,
            new Hold(problem, now, next),
            (old, fresh) -> new Hold(problem, old.since, fresh.next));
    return hold.next;
  }

  /**
   * The CA has fulfilled an order's request.
   *
   * @param began when the request began: one that began before the refusal proves nothing
   * @return whether the subject was held, and is released now
   */
  boolean served(Subject subject, Instant began) {
    Hold hold = holds.get(subject);
    return hold != null && !began.isBefore(hold.since) && holds.remove(subject, hold);
  }

  /** The number of accounts whose orders of a stage wait. */
  long count(OrderState stage) {
    return holds.keySet().stream().filter(one -> one.stage == stage).count();
  }

  /** Why orders of some stage wait, null if none waits. */
  @Nullable Problem problem() {
    return holds.values().stream().map(Hold::problem).findFirst().orElse(null);
  }
}
