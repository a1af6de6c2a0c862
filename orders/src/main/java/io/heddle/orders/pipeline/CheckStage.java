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
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Waits until the CA's validation would succeed: checks the domains that the CA has not validated
 * and that have passed no recent check. Only the domains' own servers are asked.
 *
 * <p>A check can be inconclusive, for example for a site that has only IPv6 if this machine has
 * none. The CA may be able to validate it, so it is asked after some inconclusive checks. If no
 * name can be looked up at all, that is an outage of this service, and no result about the order.
 */
final class CheckStage implements Stage {
  private static final int MAX_TRACE = 4000;

  /** The problem of orders that could not be checked because of an outage. */
  private static final String OUTAGE = Problem.OURS + "cannot-check";

  /** After this many inconclusive checks in a row the CA is asked. */
  private static final int INCONCLUSIVE = 3;

  /** The same while another challenge may still become ready, as a TXT record spreads slowly. */
  private static final int INCONCLUSIVE_BESIDE_OTHERS = 6;

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
  public Step work(Order order, Delivery delivery, Context context)
      throws OutageException, InterruptedException {
    Order.Placement placement = Objects.requireNonNull(order.placement(), "placed");
    Instant now = delivery.now();
    List<Authorization> open =
        placement.authorizations().stream().filter(one -> !one.isSettled(now, validity)).toList();
    OrderReport report = preflight.check(context, open.stream().map(this::forCheck).toList());
    if (report.verdict() != Verdict.READY && needsNames(report)) {
      String outage = preflight.outage(context);
      if (outage != null) {
        throw new OutageException(outage);
      }
    }
    Problem before = order.problem();
    Instant expires = placement.expires();
    if (before != null
        && before.type().equals(OUTAGE)
        && expires != null
        && !now.isBefore(expires)) {
      return Step.to(order.again(before)); // the CA's order expired during the outage
    }
    Instant checked = delivery.now();
    List<Authorization> changed = new ArrayList<>(placement.authorizations());
    for (int i = 0; i < open.size(); i++) {
      AuthorizationReport one = report.authorizations().get(i);
      changed.set(changed.indexOf(open.get(i)), noted(open.get(i), one, checked));
      one.challenges().forEach(metrics::checked);
    }
    Order known = order.with(placement.with(changed));
    if (changed.stream().allMatch(one -> one.isSettled(now, validity))) {
      return Step.to(known.to(OrderState.VALIDATING));
    }
    Problem problem = problem(report);
    return report.verdict() == Verdict.WILL_FAIL
        ? retries.retrySlowly(known, problem, checked)
        : retries.retry(known, problem, checked);
  }

  /** The problem that customers see during an outage; the log has the reason. */
  static Problem outage() {
    return new Problem(
        OUTAGE,
        "The service cannot check domains at present",
        0,
        "there is nothing wrong with the order: it continues when that is solved");
  }

  /** Whether a check failed at a name, or timed out, for which resolvers may be the reason. */
  private static boolean needsNames(OrderReport report) {
    return report.authorizations().stream()
        .flatMap(one -> one.challenges().stream())
        .map(one -> one.outcome().problem())
        .anyMatch(problem -> problem == ProblemType.DNS || problem == ProblemType.SERVER_INTERNAL);
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
    String passed = type(report, one -> one.outcome().verdict() == Verdict.READY);
    String open = type(report, CheckStage::isForTheCaToFindOut);
    Authorization.CheckNote last = authorization.lastCheck();
    boolean isOpen = passed == null && open != null;
    int inconclusive = isOpen ? 1 + (last == null ? 0 : last.inconclusive()) : 0;
    int enough = report.verdict() == Verdict.UNKNOWN ? INCONCLUSIVE : INCONCLUSIVE_BESIDE_OTHERS;
    return authorization.checked(
        passed != null ? passed : inconclusive >= enough ? open : null,
        new Authorization.CheckNote(
            report.verdict().name(),
            report.verdict() == Verdict.READY ? report.outcome().detail() : report.reasons(),
            trace(report),
            now,
            inconclusive));
  }

  private static @Nullable String type(
      AuthorizationReport report, Predicate<ChallengeReport> isOne) {
    return report.challenges().stream()
        .filter(isOne)
        .map(ChallengeReport::type)
        .findFirst()
        .orElse(null);
  }

  /** Whether the CA may be able to decide: it connects from elsewhere, and reads other formats. */
  private static boolean isForTheCaToFindOut(ChallengeReport report) {
    return report.outcome().verdict() == Verdict.UNKNOWN
        && (report.outcome().problem() == ProblemType.CONNECTION
            || report.outcome().problem() == ProblemType.TLS);
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

  private static boolean isForbidden(AuthorizationReport report) {
    return report.verdict() == Verdict.WILL_FAIL && report.outcome().problem() == ProblemType.CAA;
  }

  private static Problem problem(OrderReport report) {
    List<AuthorizationReport> failed =
        report.authorizations().stream().filter(one -> one.verdict() != Verdict.READY).toList();
    // Another CA may be allowed to issue.
    ProblemType kind =
        failed.stream().anyMatch(CheckStage::isForbidden)
            ? ProblemType.CAA
            : failed.getFirst().outcome().problem();
    return new Problem(
        kind == null ? Problem.OURS + "not-ready" : kind.urn(),
        report.verdict() == Verdict.UNKNOWN
            ? "A challenge could not be checked"
            : "The CA would not accept a challenge",
        0,
        failed.stream()
            .map(one -> one.domain() + ": " + one.reasons())
            .collect(Collectors.joining("; ")));
  }
}
