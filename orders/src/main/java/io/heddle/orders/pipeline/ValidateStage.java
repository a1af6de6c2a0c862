package io.heddle.orders.pipeline;

import io.heddle.ErrGroup;
import io.heddle.Go;
import io.heddle.orders.Authorization;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.ca.CertificateAuthority.AuthorizationView;
import io.heddle.orders.queue.QueueException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Has the CA validate, all authorizations at the same time. What it has validated it is not asked
 * for again, and what it is working on it is not told twice: the stage looks first. A failed
 * validation is the end of the CA's order; ours goes back to the start.
 */
final class ValidateStage implements Stage {
  private final CertificateAuthority ca;
  private final FailedValidations failures;
  private final Retries retries;
  private final Polling polling;

  ValidateStage(
      CertificateAuthority ca, FailedValidations failures, Retries retries, Polling polling) {
    this.ca = ca;
    this.failures = failures;
    this.retries = retries;
    this.polling = polling;
  }

  /**
   * How an authorization ended.
   *
   * @param status what the CA says
   * @param problem why it is invalid
   * @param askAgain when to go on, if it is pending
   */
  private record Result(
      Authorization.Status status, @Nullable Problem problem, @Nullable Instant askAgain) {}

  @Override
  public OrderState state() {
    return OrderState.VALIDATING;
  }

  @Override
  public Step work(Order order) throws CaException, QueueException, InterruptedException {
    Order.Placement placement = Objects.requireNonNull(order.placement(), "placed");
    String account = ca.account().toString();
    List<Authorization> authorizations = placement.authorizations();
    Result[] results = validateAll(account, authorizations);
    List<Authorization> changed = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    Problem problem = null;
    for (int i = 0; i < results.length; i++) {
      Authorization one = authorizations.get(i).with(results[i].status);
      changed.add(one);
      if (one.status() == Authorization.Status.INVALID) {
        failures.failed(account, one.domain());
        problem = results[i].problem;
        reasons.add(one.name() + ": " + (problem == null ? "invalid at the CA" : problem));
      }
    }
    Order known = order.with(placement.with(changed));
    if (!reasons.isEmpty()) {
      String type = problem == null ? Problem.ACME + "unauthorized" : problem.type();
      Problem all = new Problem(type, "The CA did not validate", 0, String.join("; ", reasons));
      return retries.again(known, all, Go.now());
    }
    Instant next = null;
    for (Result result : results) {
      Instant again = result.askAgain;
      next = next == null || (again != null && again.isAfter(next)) ? again : next;
    }
    return next == null
        ? Step.to(known.to(OrderState.FINALIZING))
        : Step.later(known, Duration.between(Go.now(), next));
  }

  private Result[] validateAll(String account, List<Authorization> authorizations)
      throws CaException, QueueException, InterruptedException {
    Result[] results = new Result[authorizations.size()];
    ErrGroup group = new ErrGroup();
    for (int i = 0; i < results.length; i++) {
      int index = i;
      Authorization one = authorizations.get(i);
      group.go(() -> results[index] = validate(account, one));
    }
    try {
      group.await();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case CaException failure -> throw failure;
        case QueueException failure -> throw failure;
        case InterruptedException failure -> throw failure;
        case null, default -> throw new IllegalStateException("validation failed", e.getCause());
      }
    }
    return Arrays.copyOf(results, results.length);
  }

  private Result validate(String account, Authorization one)
      throws CaException, QueueException, InterruptedException {
    if (one.status() == Authorization.Status.VALID) {
      return new Result(one.status(), null, null);
    }
    AuthorizationView view = ca.authorization(one.location());
    if (view.status() == Authorization.Status.PENDING && view.triggered() == null) {
      Instant notBefore = failures.notBefore(account, one.domain());
      if (notBefore != null) {
        return new Result(Authorization.Status.PENDING, null, notBefore);
      }
      ca.validate(challenge(one));
      view = ca.authorization(one.location());
    }
    for (int round = 0; round < polling.rounds(); round++) {
      if (view.status() != Authorization.Status.PENDING) {
        return new Result(view.status(), view.problem(), null);
      }
      Go.sleep(polling.pause(round, view.askAgain(), Go.now()));
      view = ca.authorization(one.location());
    }
    return view.status() != Authorization.Status.PENDING
        ? new Result(view.status(), view.problem(), null)
        : new Result(view.status(), null, polling.later(view.askAgain(), Go.now()));
  }

  private static Challenge challenge(Authorization one) {
    return one.challenge(Objects.requireNonNull(one.ready(), "checked"))
        .orElseThrow(() -> new IllegalStateException(one.name() + " has no " + one.ready()));
  }
}
