package io.heddle.orders.pipeline;

import io.heddle.Context;
import io.heddle.orders.Authorization;
import io.heddle.orders.Order;
import io.heddle.orders.OrderState;
import io.heddle.orders.Problem;
import io.heddle.orders.telemetry.Metrics;
import io.heddle.preflight.OrderReport;
import io.heddle.preflight.OrderReport.AuthorizationReport;
import io.heddle.preflight.OrderReport.ChallengeReport;
import io.heddle.preflight.Preflight;
import io.heddle.preflight.PreflightAuthorization;
import io.heddle.preflight.PreflightChallenge;
import io.heddle.preflight.ProblemType;
import io.heddle.preflight.Trace;
import io.heddle.preflight.Verdict;
import io.heddle.queue.Delivery;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Waits until the CA's validation would succeed: checks the domains that the CA has not validated
 * and that have passed no recent check. Only the domains' own servers are asked.
 */
final class CheckStage implements Stage {
  private static final int MAX_TRACE = 4000;

  private final Preflight preflight;
  private final Set<String> types;
  private final Duration validity;
  private final Retries retries;
  private final Metrics metrics;

  CheckStage(
      Preflight preflight, Set<String> types, Duration validity, Retries retries, Metrics metrics) {
    this.preflight = preflight;
    this.types = Set.copyOf(types);
    this.validity = validity;
    this.retries = retries;
    this.metrics = metrics;
  }

  @Override
  public OrderState state() {
    return OrderState.CHECKING;
  }

  @Override
  public Step work(Order order, Delivery delivery, Context context) throws InterruptedException {
    Order.Placement placement = Objects.requireNonNull(order.placement(), "placed");
    Instant now = delivery.now();
    List<Authorization> open =
        placement.authorizations().stream().filter(one -> !one.isSettled(now, validity)).toList();
    OrderReport report = preflight.check(context, open.stream().map(this::forCheck).toList());
    Instant checked = delivery.now();
    List<Authorization> changed = new ArrayList<>(placement.authorizations());
    for (int i = 0; i < open.size(); i++) {
      AuthorizationReport one = report.authorizations().get(i);
      changed.set(changed.indexOf(open.get(i)), noted(open.get(i), one, checked));
      one.challenges().forEach(metrics::checked);
    }
    Order known = order.with(placement.with(changed));
    if (report.verdict() == Verdict.READY) {
      return Step.to(known.to(OrderState.VALIDATING));
    }
    Problem problem = problem(report);
    return report.verdict() == Verdict.WILL_FAIL
        ? retries.retrySlowly(known, problem, checked)
        : retries.retry(known, problem, checked);
  }

  private PreflightAuthorization forCheck(Authorization from) {
    List<PreflightChallenge> challenges =
        from.challenges().stream()
            .filter(one -> types.contains(one.type()))
            .map(one ->
                new PreflightChallenge(
                    from.name(), one.type(), one.token(), one.keyAuthorization()))
            .toList();
    return new PreflightAuthorization(from.name(), challenges);
  }

  private static Authorization noted(
      Authorization authorization, AuthorizationReport report, Instant now) {
    String ready =
        report.challenges().stream()
            .filter(one -> one.outcome().verdict() == Verdict.READY)
            .map(ChallengeReport::type)
            .findFirst()
            .orElse(null);
    return authorization.checked(
        ready,
        new Authorization.CheckNote(
            report.verdict().name(), report.outcome().detail(), trace(report), now));
  }

  private static String trace(AuthorizationReport report) {
    StringBuilder text = new StringBuilder();
    for (ChallengeReport one : report.challenges()) {
      text.append(one.type())
          .append(": ")
          .append(one.outcome().verdict())
          .append(", ")
          .append(one.outcome().detail())
          .append('\n');
      for (Trace.Entry entry : one.trace()) {
        text.append("  ")
            .append(entry.at().toMillis())
            .append(" ms  ")
            .append(entry.step().text())
            .append('\n');
      }
    }
    return text.length() <= MAX_TRACE ? text.toString() : text.substring(0, MAX_TRACE) + "...";
  }

  private static Problem problem(OrderReport report) {
    List<AuthorizationReport> failed =
        report.authorizations().stream().filter(one -> one.verdict() != Verdict.READY).toList();
    ProblemType kind = failed.getFirst().outcome().problem();
    return new Problem(
        kind == null ? Problem.OURS + "not-ready" : kind.urn(),
        "The CA would not accept a challenge",
        0,
        failed.stream()
            .map(one -> one.domain() + ": " + one.outcome().detail())
            .collect(Collectors.joining("; ")));
  }
}
