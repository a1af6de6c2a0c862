package io.heddle.preflight;

import java.time.Duration;
import java.util.List;

/**
 * The result of the checks of an order.
 *
 * @param verdict READY if all authorizations are
 * @param authorizations one for each authorization, in the same order
 * @param took the duration
 */
public record OrderReport(
    Verdict verdict, List<AuthorizationReport> authorizations, Duration took) {

  /**
   * The result for an authorization.
   *
   * @param verdict READY if one challenge is
   * @param challenges one for each challenge, in the same order
   * @param took the duration
   */
  public record AuthorizationReport(
      String domain, Verdict verdict, List<ChallengeReport> challenges, Duration took) {
    /**
     * The reasons why no challenge is ready, without those of challenges that can never become
     * ready if others can. The report cannot know which of them the customer intends to meet.
     */
    public String reasons() {
      return challenges.stream()
          .filter(
              one -> verdict == Verdict.WILL_FAIL || one.outcome().verdict() != Verdict.WILL_FAIL)
          .filter(one -> one.outcome().problem() != ProblemType.UNSUPPORTED)
          .map(one -> one.type() + ": " + one.outcome().detail())
          .reduce((one, other) -> one + "; " + other)
          .orElseGet(() -> outcome().detail());
    }

    /** The deciding result: of the challenge that is ready, or of the most promising one. */
    public CheckResult outcome() {
      return challenges.stream()
          .map(ChallengeReport::outcome)
          .filter(outcome -> outcome.verdict() == verdict)
          .findFirst()
          .orElseGet(() ->
              CheckResult.unknown(
                  ProblemType.UNSUPPORTED, "the CA offers no challenge for " + domain));
    }
  }

  /**
   * The result for a challenge.
   *
   * @param outcome the result of its check
   * @param trace the steps of the check
   * @param took the duration
   */
  public record ChallengeReport(
      String type, CheckResult outcome, List<Trace.Entry> trace, Duration took) {}
}
