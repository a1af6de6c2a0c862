package io.heddle.preflight;

import org.jspecify.annotations.Nullable;

/**
 * How a check ended.
 *
 * @param verdict what the CA would say
 * @param problem the kind of problem it would report; null if {@link Verdict#READY}
 * @param detail the reason, for the person who can act on it
 */
public record CheckResult(Verdict verdict, @Nullable ProblemType problem, String detail) {
  /** Details have in them what strangers' servers say, as much of it as they like. */
  private static final int MAX_DETAIL = 1000;

  /** Cuts what is too long to be kept with an order. */
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

  /** The CA would refuse until somebody changes something. */
  public static CheckResult willFail(ProblemType problem, String detail) {
    return new CheckResult(Verdict.WILL_FAIL, problem, detail);
  }

  /** Nothing could be found out. */
  public static CheckResult unknown(ProblemType problem, String detail) {
    return new CheckResult(Verdict.UNKNOWN, problem, detail);
  }

  /** The outcome of two checks that both have to pass. */
  CheckResult and(CheckResult other) {
    return verdict.and(other.verdict) == verdict ? this : other;
  }
}
