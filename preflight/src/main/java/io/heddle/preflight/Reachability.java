package io.heddle.preflight;

import io.heddle.preflight.OrderReport.AuthorizationReport;
import io.heddle.preflight.OrderReport.ChallengeReport;
import java.util.List;

/**
 * Whether a CA could reach the servers, for checks with an invented challenge: the response cannot
 * exist yet, but every step before it can be tried.
 */
public final class Reachability {
  private Reachability() {}

  /**
   * The report. A challenge counts as ready if only its response is missing or wrong.
   *
   * @param report a report on invented challenges
   */
  public static OrderReport of(OrderReport report) {
    List<AuthorizationReport> authorizations =
        report.authorizations().stream().map(Reachability::of).toList();
    Verdict verdict =
        authorizations.stream()
            .map(AuthorizationReport::verdict)
            .reduce(Verdict.READY, Verdict::and);
    return new OrderReport(verdict, authorizations, report.took());
  }

  private static AuthorizationReport of(AuthorizationReport report) {
    List<ChallengeReport> challenges = report.challenges().stream().map(Reachability::of).toList();
    Verdict verdict =
        challenges.stream()
            .map(one -> one.outcome().verdict())
            .reduce(Verdict::or)
            .orElse(Verdict.UNKNOWN);
    return new AuthorizationReport(report.domain(), verdict, challenges, report.took());
  }

  private static ChallengeReport of(ChallengeReport report) {
    CheckResult outcome = report.outcome();
    boolean isReached =
        outcome.verdict() == Verdict.NOT_YET && outcome.problem() == ProblemType.UNAUTHORIZED;
    return isReached
        ? new ChallengeReport(
            report.type(),
            CheckResult.ready("only the answer is missing: " + outcome.detail()),
            report.trace(),
            report.took())
        : report;
  }
}
