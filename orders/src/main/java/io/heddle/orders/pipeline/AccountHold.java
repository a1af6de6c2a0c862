package io.heddle.orders.pipeline;

import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether the CA serves our accounts. While it does not serve one, that account's orders wait: it
 * is nothing that they could do anything about, nor something that the next one would not meet.
 * Every now and then one order of each stage asks all the same, and when the CA does what that asks
 * for, all go on. By stage, because a CA may refuse new orders until its new terms are agreed to,
 * and finish old ones. By account, because a CA that registers no more accounts serves those that
 * it has.
 */
final class AccountHold {
  /** Seldom enough not to bother the CA, and soon enough after the operator has acted. */
  static final Duration LOOK = Duration.ofMinutes(1);

  private final Duration look;
  private final Map<Subject, Hold> holds = new ConcurrentHashMap<>();

  /**
   * Holds nothing up yet.
   *
   * @param look how long the CA is left alone, if it does not say
   */
  AccountHold(Duration look) {
    this.look = look;
  }

  /**
   * What waits.
   *
   * @param stage orders of this stage
   */
  record Subject(OrderState stage, String account) {}

  /**
   * That orders wait.
   *
   * @param next when one of them may ask
   */
  private record Hold(Problem problem, Instant since, Instant next) {}

  /**
   * When an order may ask the CA, null if it may now. Of the orders of a held stage one gets null,
   * and the others have to wait for what it finds out.
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
   * The CA has refused the account.
   *
   * @param wish after how long the CA wants to be asked again, null if it does not say
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
   * The CA has done what an order asked for.
   *
   * @param began when that began to ask: what began before the refusal says nothing
   * @return whether the subject was held, and is so no longer
   */
  boolean served(Subject subject, Instant began) {
    Hold hold = holds.get(subject);
    return hold != null && !began.isBefore(hold.since) && holds.remove(subject, hold);
  }

  /** How many accounts' orders of a stage wait. */
  long count(OrderState stage) {
    return holds.keySet().stream().filter(one -> one.stage == stage).count();
  }

  /** Why orders of some stage wait, null if none do. */
  @Nullable Problem problem() {
    return holds.values().stream().map(Hold::problem).findFirst().orElse(null);
  }
}
