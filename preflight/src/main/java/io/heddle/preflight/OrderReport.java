package io.heddle.preflight;

import java.time.Duration;
import java.util.List;

/**
 * What became of the checks of an order.
 *
 * @param verdict READY if all authorizations are
 * @param authorizations one for each authorization, in their order
 * @param took how long it took
 */
public record OrderReport(
    Verdict verdict, List<AuthorizationReport> authorizations, Duration took) {

  /**
   * What became of an authorization.
   *
   * @param verdict READY if one challenge is
   * @param challenges one for each challenge, in their order
   * @param took how long it took
   */
  public record AuthorizationReport(
      String domain, Verdict verdict, List<ChallengeReport> challenges, Duration took) {
    /** The outcome that decided: of the challenge that is ready, else of one with the best hope. */
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
   * What became of a challenge.
   *
   * @param outcome how its check ended
   * @param trace what the check did
   * @param took how long it took
   */
  public record ChallengeReport(
      String type, CheckResult outcome, List<Trace.Entry> trace, Duration took) {}
}
