package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.Go;
import io.heddle.TaskGroup;
import io.heddle.orders.Authorization;
import io.heddle.orders.Authorization.Status;
import io.heddle.orders.Challenge;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.ca.CaException;
import io.heddle.orders.ca.CertificateAuthority;
import io.heddle.orders.ca.CertificateAuthority.AuthorizationView;
import io.heddle.queue.Delivery;
import io.heddle.queue.QueueException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Asks the CA to validate all authorizations at the same time. It queries their states first, so
 * that the CA is not asked again for authorizations that are valid or in progress. Before the first
 * request the stage makes sure that all requests are justified: that no check is too old to be
 * meaningful, and that no host has had too many failures. A failed validation ends the CA's order;
 * the order returns to the first stage.
 *
 * <p>Another worker may make the request between the query and this worker's request, which the CA
 * then refuses. Therefore a refusal counts only after the CA has been asked for the state of the
 * authorization.
 */
final class ValidateStage implements Stage {
  private static final String CAA = Problem.ACME + "caa";

  private final CertificateAuthority ca;
  private final FailedValidations failures;
  private final Duration validity;
  private final Retries retries;
  private final Polling polling;

  ValidateStage(
      CertificateAuthority ca,
      FailedValidations failures,
      Duration validity,
      Retries retries,
      Polling polling) {
    this.ca = ca;
    this.failures = failures;
    this.validity = validity;
    this.retries = retries;
    this.polling = polling;
  }

  @Override
  public OrderState state() {
    return OrderState.VALIDATING;
  }

  @Override
  public Step work(Order order, Delivery delivery, Context context)
      throws CaException, QueueException, InterruptedException {
    Order.Placement placement = Objects.requireNonNull(order.placement(), "placed");
    String account = ca.account().toString();
    List<Authorization> before = placement.authorizations();
    List<AuthorizationView> views = each(context, before, this::look);
    if (views.stream().noneMatch(view -> view.status() == Status.INVALID)) {
      List<Authorization> untold = untold(before, views);
      Instant now = delivery.now();
      if (untold.stream().anyMatch(one -> !one.isSettled(now, validity))) {
        // The order was delayed for long, so the result of the check may be outdated.
        release(account, before, views);
        return Step.to(order.with(placement.with(seen(before, views))).to(OrderState.CHECKING));
      }
      List<Authorization> full = failures.reserve(delivery, account, untold);
      if (!full.isEmpty()) {
        return Step.later(order.held(tooMany(full)), failures.pause());
      }
      each(
          context,
          untold,
          one -> {
            tell(one);
            return one;
          });
      views = each(context, before, this::await);
    }
    release(account, before, views);
    return next(order.with(placement.with(seen(before, views))), views, delivery.now());
  }

  private void tell(Authorization one) throws CaException, InterruptedException {
    try {
      ca.validate(challenge(one));
    } catch (CaException e) {
      polling.unless(() -> !isUntold(ca.authorization(one.location())), e);
    }
  }

  private void release(String account, List<Authorization> all, List<AuthorizationView> views)
      throws QueueException, InterruptedException {
    for (int i = 0; i < all.size(); i++) {
      if (views.get(i).status() == Status.VALID && all.get(i).status() != Status.VALID) {
        failures.release(account, all.get(i));
      }
    }
  }

  /** The next step of the order, from the states at the CA. */
  private Step next(Order known, List<AuthorizationView> views, Instant now) {
    Problem failed = failure(known.authorizations(), views);
    if (failed != null) {
      return retries.again(known, failed, now);
    }
    if (views.stream().allMatch(view -> view.status() == Status.VALID)) {
      return Step.to(known.to(OrderState.FINALIZING));
    }
    Duration askAgain =
        views.stream()
            .filter(view -> view.status() == Status.PENDING)
            .map(AuthorizationView::askAgain)
            .filter(Objects::nonNull)
            .max(Duration::compareTo)
            .orElse(null);
    return polling.later(known, askAgain, retries, now);
  }

  private static List<Authorization> untold(
      List<Authorization> all, List<AuthorizationView> views) {
    List<Authorization> untold = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      if (isUntold(views.get(i))) {
        untold.add(all.get(i));
      }
    }
    return untold;
  }

  private static boolean isUntold(AuthorizationView view) {
    return view.status() == Status.PENDING && view.triggered() == null;
  }

  private static List<Authorization> seen(List<Authorization> all, List<AuthorizationView> views) {
    List<Authorization> seen = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      seen.add(all.get(i).with(views.get(i).status()));
    }
    return seen;
  }

  private static @Nullable Problem failure(List<Authorization> all, List<AuthorizationView> views) {
    List<String> reasons = new ArrayList<>();
    String type = Problem.ACME + "unauthorized";
    for (int i = 0; i < all.size(); i++) {
      if (views.get(i).status() == Status.INVALID) {
        Problem problem = views.get(i).problem();
        type =
            problem == null || type.equals(CAA)
                ? type
                : problem.type(); // another CA may be allowed
        reasons.add(all.get(i).name() + ": " + (problem == null ? "invalid at the CA" : problem));
      }
    }
    return reasons.isEmpty()
        ? null
        : new Problem(type, "The CA did not validate", 0, String.join("; ", reasons));
  }

  private static Problem tooMany(List<Authorization> full) {
    return Problem.of(
        "failed-validations",
        "Too many failed validations",
        "the CA allows few failures an hour, and none is left for "
            + full.stream().map(Authorization::domain).distinct().collect(Collectors.joining(", "))
            + "; the CA is asked to validate later");
  }

  private AuthorizationView look(Authorization one) throws CaException, InterruptedException {
    return one.status() == Status.VALID
        ? new AuthorizationView(Status.VALID, null, null, null)
        : ca.authorization(one.location());
  }

  private AuthorizationView await(Authorization one) throws CaException, InterruptedException {
    AuthorizationView view = look(one);
    for (int round = 0; round < polling.rounds() && view.status() == Status.PENDING; round++) {
      Go.sleep(polling.pause(round, view.askAgain()));
      view = ca.authorization(one.location());
    }
    return view;
  }

  private interface Question<T> {
    T ask(Authorization about) throws CaException, InterruptedException;
  }

  /**
   * Asks about all at the same time; after a failure or a cancellation no more requests are sent.
   */
  private static <T> List<T> each(Context context, List<Authorization> all, Question<T> question)
      throws CaException, InterruptedException {
    try (TaskGroup<T> questions = new TaskGroup<>(context)) {
      for (Authorization one : all) {
        questions.go(() -> question.ask(one));
      }
      return questions.await(context);
    } catch (ExecutionException e) {
      switch (Objects.requireNonNull(e.getCause(), "cause")) {
        case CaException refusal -> throw refusal;
        case InterruptedException interrupted -> throw interrupted;
        case RuntimeException defect -> throw defect;
        default -> throw new IllegalStateException("asking the CA failed", e);
      }
    }
  }

  private static Challenge challenge(Authorization one) {
    return one.challenge(Objects.requireNonNull(one.ready(), "checked"))
        .orElseThrow(() -> new IllegalStateException(one.name() + " has no " + one.ready()));
  }
}
