package io.heddle.preflight;

import org.jspecify.annotations.Nullable;

/**
 * The result of a check.
 *
 * @param verdict the CA's likely verdict
 * @param problem the kind of problem it would report; null if {@link Verdict#READY}
 * @param detail the reason, for the person who can fix the problem
 */
public record CheckResult(Verdict verdict, @Nullable ProblemType problem, String detail) {
  /** Details contain text of any length from unknown servers. */
  private static final int MAX_DETAIL = 1000;

  /** Shortens a detail that is too long to be stored with an order. */
  public CheckResult {
    if (detail.length() > MAX_DETAIL) {
      detail = detail.substring(0, MAX_DETAIL) + "...";
    }
  }

  /** The CA would accept. */
  public static CheckResult ready(String detail) {
    return new CheckResult(Verdict.READY, null, detail);
  }

  /** The CA would refuse, but that may change by itself. */
  public static CheckResult notYet(ProblemType problem, String detail) {
    return new CheckResult(Verdict.NOT_YET, problem, detail);
  }

  /** The CA would refuse until a person changes something. */
  public static CheckResult willFail(ProblemType problem, String detail) {
    return new CheckResult(Verdict.WILL_FAIL, problem, detail);
  }

  /** The check could not find out. */
  public static CheckResult unknown(ProblemType problem, String detail) {
    return new CheckResult(Verdict.UNKNOWN, problem, detail);
  }

  /** The result of two checks that must both pass. */
  CheckResult and(CheckResult other) {
    return verdict.and(other.verdict) == verdict ? this : other;
  }
}
